/**
 * The JSON object that clients write into the content of a message; undefined for any other content, which the server
 * leaves alone (G-33).
 */
export function parseContent(content: string): Record<string, unknown> | undefined {
  if (!content.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
