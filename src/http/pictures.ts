import type { RequestInfo } from './request.ts';

/** Where the sandbox draws the pictures of people who have none, on every host name: the name is in the path. */
export const PICTURES = '/sandbox/pictures/';

/** The address of the picture of a name, by the kind of address that the request has. */
export const pictureAddress = ({ rootUrl }: Pick<RequestInfo, 'rootUrl'>, name: string): string =>
  `${rootUrl}${PICTURES}${encodeURIComponent(name)}.png`;
