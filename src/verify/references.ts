/** A value of an OpenAPI document, before its references are followed. */
export type Node = Record<string, unknown>;

/** Follows references until a value that is none. */
export function dereference(document: Node, value: unknown): Node {
  let node = (value ?? {}) as Node;
  while (typeof node.$ref === 'string' && !('oneOf' in node)) node = follow(document, node.$ref).node;
  return node;
}

/** The value at a pointer, and its final pointer after references. */
export function follow(document: Node, pointer: string): { at: string; node: Node } {
  let node: unknown = document;
  for (const token of pointer.slice(2).split('/')) node = (node as Node | undefined)?.[decodeToken(token)];
  if (node === undefined) throw new Error(`Nothing is at ${pointer}`);
  const { $ref } = node as Node;
  return typeof $ref === 'string' ? follow(document, $ref) : { at: pointer, node: node as Node };
}

export const encodeToken = (token: string) => token.replaceAll('~', '~0').replaceAll('/', '~1');
const decodeToken = (token: string) => decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');

/** The parts of a JSON pointer. */
export const decodePointer = (pointer: string): string[] =>
  pointer.replace(/^#/, '').split('/').slice(1).map(decodeToken);
