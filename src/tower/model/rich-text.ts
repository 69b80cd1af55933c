import type { IOptions } from 'sanitize-html';

/** HTML that members write: descriptions, topics and comments (T-45). */

const options: IOptions = {
  allowedTags: [
    ...['p', 'br', 'hr', 'div', 'span', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote', 'pre', 'code'],
    ...['samp', 'kbd', 'var', 'tt', 'cite', 'abbr', 'acronym', 'address', 'ins', 'small', 'big', 'dl', 'dt', 'dd'],
    ...['a', 'b', 'strong', 'i', 'em', 'u', 's', 'del', 'sub', 'sup', 'mark', 'ul', 'ol', 'li', 'img'],
    ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ],
  allowedAttributes: {
    a: ['href', 'title', { name: 'data-mention', values: ['true'] }],
    img: ['src', 'alt', 'title', 'width', 'height'],
    td: ['colspan', 'rowspan'],
    th: ['colspan', 'rowspan'],
  },
  allowedSchemes: ['http', 'https', 'mailto', 'tel'],
  allowedSchemesByTag: { img: ['http', 'https'] },
  allowProtocolRelative: false,
  // Deeper nesting than anyone writes costs more than it shows.
  nestingLimit: 50,
};

/** HTML without scripts, handlers, styles and unknown elements; links that mention members stay. */
export async function sanitizeHtml(html: string): Promise<string> {
  const { default: sanitize } = await import('sanitize-html');
  return sanitize(html, options).trim();
}

/** Whether sanitised HTML shows nothing. */
export const isBlankHtml = (html: string): boolean =>
  !html.includes('<img') && html.replace(/<[^>]*>|&nbsp;|\s/g, '') === '';

/**
 * The ids of the members that sanitised HTML mentions: links to `/members/{member_id}` with `data-mention="true"`, in
 * any order and with any address in front.
 */
export function mentionedMembers(html: string): string[] {
  const links = html.match(/<a\b[^>]*\bdata-mention="true"[^>]*>/g) ?? [];
  return links.flatMap((link) => /\bhref="[^"]*\/members\/([0-9a-f]{32})[/?#]?[^"/]*"/.exec(link)?.[1] ?? []);
}
