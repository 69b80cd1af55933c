/** What the chat page gives its script. */
export interface ChatPageData {
  appid: number;
  people: Person<string>[];
  texts: {
    connect: string;
    disconnect: string;
    states: Record<'connecting' | 'open' | 'waiting' | 'closed', string>;
    failed: string;
    empty: string;
    sending: string;
    /** Of group notifications, by their key. */
    notices: Record<string, string>;
  };
}

/** A demo user at one side of the page, with names in both languages. */
export type ChatPerson = Person<{ zh: string; en: string }>;

interface Person<Name> {
  uid: number;
  name: Name;
  token: string;
  /** Where this user can write. */
  chats: Chat<Name>[];
}

interface Chat<Name> {
  kind: 'peer' | 'group' | 'customer';
  id: number;
  name: Name;
}
