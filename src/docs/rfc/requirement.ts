import type { Language } from '../page.ts';

export type Text = Readonly<Record<Language, string>>;

export type Level = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT';

export const statuses = ['held', 'not applicable', 'deliberately not'] as const;
export type Status = (typeof statuses)[number];

/** What the server makes of a requirement. */
interface Answer {
  status: Status;
  /** Why it is not held. */
  reason?: Text;
  /** The test that shows it: `<file> > <title>`. */
  test?: string | undefined;
  /** The file that holds it, where no test shows it. */
  source?: string;
}

/** One requirement of a standard for an authorization server, or for a resource server. */
export interface Requirement extends Answer {
  section: string;
  level: Level;
  text: Text;
}

export const row = (section: string, level: Level, text: Text, answer: Answer): Requirement => ({
  section,
  level,
  text,
  ...answer,
});

export const held = (test: string): Answer => ({ status: 'held', test });

/** Held, and no test shows it alone. */
export const heldIn = (source: string): Answer => ({ status: 'held', source });

export const notApplicable = (reason: Text, test?: string): Answer => ({ status: 'not applicable', reason, test });

export const deliberatelyNot = (reason: Text, test?: string): Answer => ({ status: 'deliberately not', reason, test });

/** Reasons that several requirements share. */
export const tlsAtProxy: Text = {
  zh: '服务器在终止 https 的代理后面；`PUBLIC_URL` 让所有地址都是 https。',
  en: 'The server stands behind a proxy with https; `PUBLIC_URL` makes every address https.',
};

export const codesOnly: Text = {
  zh: '只有授权码：`response_types_supported` 是 `code`。',
  en: 'There are codes alone: `response_types_supported` is `code`.',
};
