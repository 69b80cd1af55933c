import { readFile } from 'node:fs/promises';
import { type Command, command } from '../commands.ts';
import { onlyApp, toAppid, toNumber, uid } from './command-options.ts';
import { addRelations, listRelations, type RelationKind, removeRelations } from './model/relations.ts';
import { addWords, listWords, removeWords } from './model/word-filter.ts';

/** Commands that fill the options of apps: friends, blacklists and the word filter. */

type Actions = Readonly<Record<'add' | 'remove' | 'list', Command>>;

/** The commands for one kind of relation. */
function relationCommands(kind: RelationKind, texts: Record<keyof Actions, string>, other: string): Actions {
  const options = { app: onlyApp, uid, other: { description: other, repeatable: true } } as const;
  const toOthers = (others: readonly string[]) => {
    if (others.length === 0) throw new Error('Give --other at least once');
    return others.map((value) => toNumber('other', value));
  };
  return {
    add: command({
      description: texts.add,
      options,
      async run({ app, uid, other }, { database }) {
        const relations = { uid: toNumber('uid', uid), kind, others: toOthers(other) };
        await addRelations(database, await toAppid(database, app), relations);
        return { uid: relations.uid, added: relations.others.length };
      },
    }),
    remove: command({
      description: texts.remove,
      options,
      async run({ app, uid, other }, { database }) {
        const relations = { uid: toNumber('uid', uid), kind, others: toOthers(other) };
        return {
          uid: relations.uid,
          removed: await removeRelations(database, await toAppid(database, app), relations),
        };
      },
    }),
    list: command({
      description: texts.list,
      options: { app: onlyApp, uid },
      async run({ app, uid }, { database }) {
        return listRelations(database, await toAppid(database, app), { uid: toNumber('uid', uid), kind });
      },
    }),
  };
}

export const friend = relationCommands(
  'friend',
  {
    add: 'Make users friends of a user, and the user a friend of each',
    remove: "Remove users from a user's friends; the user stays a friend of theirs",
    list: "List a user's friends",
  },
  'uid of a friend',
);

export const blacklist = relationCommands(
  'blocked',
  {
    add: "Put users on a user's blacklist",
    remove: "Take users off a user's blacklist",
    list: "List a user's blacklist",
  },
  'uid of a blocked user',
);

const wordOptions = {
  app: onlyApp,
  word: { description: 'word', repeatable: true },
  file: { description: 'a text file with one word in each line' },
} as const;

export const word: Actions = {
  add: command({
    description: 'Mask words in the texts that devices send',
    options: wordOptions,
    async run({ app, word, file }, { database }) {
      const words = await readWords(word, file);
      await addWords(database, await toAppid(database, app), words);
      return { added: words.length };
    },
  }),
  remove: command({
    description: 'No longer mask words',
    options: wordOptions,
    async run({ app, word, file }, { database }) {
      return { removed: await removeWords(database, await toAppid(database, app), await readWords(word, file)) };
    },
  }),
  list: command({
    description: 'List the words that are masked',
    options: { app: onlyApp },
    async run({ app }, { database }) {
      return (await listWords(database, await toAppid(database, app))).map((word) => ({ word }));
    },
  }),
};

async function readWords(given: readonly string[], file: string | undefined): Promise<string[]> {
  const lines = file === undefined ? [] : (await readFile(file, 'utf8')).split('\n');
  const words = new Set([...given, ...lines].map((word) => word.trim()).filter((word) => word !== ''));
  if (words.size === 0) throw new Error('Give --word at least once, or --file');
  return [...words];
}
