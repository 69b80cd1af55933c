/** What the pages give their scripts. */

export interface Key {
  apiKey: string;
  apiSecret: string;
}

export interface ConversationTexts {
  empty: string;
  picture: string;
  file: string;
  failed: string;
}

export interface CustomerPageData {
  key: Key;
  texts: ConversationTexts & { open: string; close: string; unread: string };
}

export interface DeskPageData {
  key: Key;
  agents: { email: string; password: string; name: string }[];
  texts: ConversationTexts & { noConversations: string; states: { offline: string; online: string } };
}
