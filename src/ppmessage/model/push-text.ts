import type { PpmessageMessagesTable, UserRow } from '../database/tables.ts';

/** What a push says about a message (P-102). */

type Language = NonNullable<UserRow['user_language']>;
type Subtype = Exclude<PpmessageMessagesTable['message_subtype'], 'TEXT'>;

const words: Readonly<Record<Language, Readonly<Record<Subtype, string>>>> = {
  zh_cn: {
    TXT: '[文字]',
    IMAGE: '[图片]',
    AUDIO: '[语音]',
    VIDEO: '[视频]',
    DOCUMENT: '[文档]',
    FILE: '[文件]',
  },
  zh_tw: {
    TXT: '[文字]',
    IMAGE: '[圖片]',
    AUDIO: '[語音]',
    VIDEO: '[影片]',
    DOCUMENT: '[文件]',
    FILE: '[檔案]',
  },
  en_us: {
    TXT: '[Text]',
    IMAGE: '[Picture]',
    AUDIO: '[Voice message]',
    VIDEO: '[Video]',
    DOCUMENT: '[Document]',
    FILE: '[File]',
  },
};

/** Notifications show less, and Apple takes 4 KiB. */
const MAX_CHARACTERS = 200;

/** The text itself, or a word for what has none, in the user's language. */
export function toPushText(
  { message_subtype: subtype, body }: Pick<PpmessageMessagesTable, 'message_subtype' | 'body'>,
  language: UserRow['user_language'],
): string {
  if (subtype !== 'TEXT') return words[language ?? 'zh_cn'][subtype];
  const characters = [...body];
  return characters.length > MAX_CHARACTERS ? `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…` : body;
}
