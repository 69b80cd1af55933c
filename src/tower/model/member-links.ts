import { normalize } from './users.ts';

/** Links to members in HTML. Files name members by their usernames, the database by their ids. */

/** Sanitised HTML with the usernames in links replaced by ids. */
export const fromMentions = (html: string, idByUsername: ReadonlyMap<string, string>): string =>
  replaceMembers(html, (segment) => idByUsername.get(normalize(decoded(segment))));

/** Sanitised HTML with the ids in links replaced by usernames. */
export const toMentions = (html: string, usernameById: ReadonlyMap<string, string>): string =>
  replaceMembers(html, (segment) => {
    const username = usernameById.get(segment);
    return username === undefined ? undefined : encodeURIComponent(username);
  });

const replaceMembers = (html: string, replace: (segment: string) => string | undefined): string =>
  html.replace(
    /(<a\b[^>]*\bhref="[^"]*\/members\/)([^"/?#]+)/g,
    (_link, before: string, segment: string) => before + (replace(segment) ?? segment),
  );

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
