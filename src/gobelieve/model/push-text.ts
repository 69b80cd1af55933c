import { parseContent } from './content.ts';

/** What a push says about a message (G-76). */
export interface PushText {
  /** Without the name of the sender. */
  text: string;
  /** A push replaces an earlier one with the same id. */
  collapseId: string | undefined;
  /** Members whom the message names: they get a push although they do not want to be disturbed by the group. */
  at: readonly number[];
}

/** Sentences for what has no text of its own, by the key of the content. */
const sentences: Readonly<Record<string, string>> = {
  image2: '[图片]',
  image: '[图片]',
  audio: '[语音]',
  video: '[视频]',
  file: '[文件]',
  location: '[位置]',
  link: '[链接]',
  voip: '邀请你通话',
  group_voip: '邀请你通话',
  conference: '邀请你加入会议',
  classroom: '邀请你进入课堂',
  secret: '[加密消息]',
  revoke: '撤回了一条消息',
};

const OTHER_CONTENT = '发来一条消息';

/** They only mark other messages. */
const silentKeys = ['readed', 'tag'];

/** Notifications show less, and Apple takes 4 KiB. */
const MAX_CHARACTERS = 200;

/** Apple's limit for a collapse id. */
const MAX_COLLAPSE_ID_BYTES = 64;

/**
 * The text for the content of a message; undefined for content that is not pushed.
 *
 * @param content JSON as clients write it, otherwise it is the text itself
 */
export function toPushText(content: string): PushText | undefined {
  const message = parseContent(content);
  if (message === undefined) return { text: shorten(content), collapseId: undefined, at: [] };
  if (silentKeys.some((key) => key in message)) return undefined;
  const { text, at, uuid, revoke } = message;
  // The push of a revoked message is replaced.
  const revoked = (revoke as { msgid?: unknown } | null | undefined)?.msgid;
  return {
    text: typeof text === 'string' ? shorten(text) : sentenceFor(message),
    collapseId: [revoked, uuid].find(isCollapseId),
    at: Array.isArray(at) ? at.map(Number) : [],
  };
}

function sentenceFor(message: Record<string, unknown>): string {
  const key = Object.keys(sentences).find((one) => one in message);
  return (key && sentences[key]) || OTHER_CONTENT;
}

const isCollapseId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_COLLAPSE_ID_BYTES;

function shorten(text: string): string {
  const characters = [...text];
  return characters.length > MAX_CHARACTERS ? `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…` : text;
}
