import type { RequestInfo } from '../../http/request.ts';
import type { InnerWorld } from '../model/inner-world.ts';
import type { Schemas } from './operation.ts';

/** `expires_at` is real time, not the time of the world's clock (S-3). */
export const toWorld = ({ id, expiresAt }: InnerWorld, { serverUrl }: RequestInfo): Schemas['World'] => ({
  id,
  base_url: `${serverUrl}/w/${id}`,
  expires_at: new Date(expiresAt).toISOString(),
});
