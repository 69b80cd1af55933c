import { afterAll, beforeAll, expect, it } from 'vitest';
import { toWire } from '../../src/verify/exchange.ts';
import { send } from '../../src/verify/send.ts';
import { type CountingServer, startCounting } from '../support/counting-server.ts';
import { describeEachDatabase } from '../support/databases.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { countTransactions, isWrite, mostRepeated } from '../support/statements.ts';
import { createChecker } from './checker.ts';
import { suite as gobelieve } from './gobelieve.cases.ts';
import { perform, type Suite, successCases } from './harness.ts';
import { suite as ppmessage } from './ppmessage.cases.ts';
import { suite as tower } from './tower.cases.ts';
import { suite as ucenter } from './ucenter.cases.ts';

const inTower = (id: string) => `tower ${id}`;
const inUcenter = (id: string) => `ucenter ${id}`;
const inPpmessage = (id: string) => `ppmessage ${id}`;

/** What one request may ask of the database at most, its authentication included. Nothing has two transactions. */
interface Bounds {
  statements: number;
  /** Of PostgreSQL. SQLite has none. */
  roundTrips: number;
  /** How many times the same statement may be sent: more often may be once for each row. */
  repeats: number;
}

const reads: Bounds = { statements: 7, roundTrips: 2, repeats: 2 };
const writes: Bounds = { statements: 15, roundTrips: 13, repeats: 2 };

/** Reads with more round trips, and what has to be read before the rest. Fewer would need statements that are hard to read. */
const deeperReads: [roundTrips: number, why: string, names: string[]][] = [
  [
    3,
    'the rights of the caller decide how the list is read',
    [
      'listProjects',
      ...['listAssignedTodos', 'listAssignedCompletedTodos', 'listAssignedUncompletedTodos'],
      ...['listCreatedTodos', 'listCreatedCompletedTodos', 'listCreatedUncompletedTodos', 'listClosedTodos'],
    ].map(inTower),
  ],
  [
    3,
    'the members of a document are named by its comments, files and todos',
    ['getProject', 'getTodolist', 'getTodo', 'getTopic', 'listTopics', 'getUpload', 'listUploads'].map(inTower),
  ],
  [4, 'the same, and the todo is named by its number in the team', ['tower getTeamTodo']],
  [
    3,
    'the place of a file, or the type of a resource, decides who sees it',
    ['getAttfile', 'getResource'].map(inTower),
  ],
  [
    3,
    'the application is checked before its webhooks are read',
    ['listWebhooks', 'listWebhookDeliveries'].map(inTower),
  ],
  [4, 'the page begins behind a notification, which is looked up', ['tower listNotifications']],
  [4, 'the rights of the caller decide how events are searched, and events name their members', ['tower listEvents']],
  [3, 'the outbox knows when the messages of the page were sent', ['listSmsMessages', 'listEmails'].map(inUcenter)],
  [3, 'the role is compared with the change', ['ucenter updateRole']],
  [3, 'the network of a guess is looked up for the account', ['ucenter updatePassword', 'ppmessage createToken']],
  [3, 'missing keys are made, but only for the owner', ['ppmessage getApiInfo']],
  [
    3,
    'conversations on a page name their members and messages, and customers their devices',
    [
      ...['pageUserConversations', 'listUserConversations', 'listConversations', 'listAppConversations'],
      'pageOnlinePortalUsers',
    ].map(inPpmessage),
  ],
  [4, 'the route of the group decides which agents are read', ['ppmessage selectGroupUsers']],
  [3, 'a query names an operation, for which the token is checked again', ['ppmessage runQuery']],
  [3, 'the key of a customer names the queue', ['gobelieve getOfflineFlag']],
];

/** A todo, a topic and an agent touch many tables; a device has a row for each push service. */
const otherExceptions: Record<string, Partial<Bounds>> = {
  'tower getTodo': { statements: 11 },
  'tower getTeamTodo': { statements: 11 },
  'tower createTodo': { statements: 25, roundTrips: 18 },
  'tower updateTodo': { statements: 21, roundTrips: 14 },
  'tower updateTeamTodo': { statements: 22, roundTrips: 14 },
  'tower assignTodo': { statements: 19 },
  'tower unassignTodo': { statements: 18 },
  'tower updateTodoDue': { statements: 18 },
  'tower updateTodoDesc': { statements: 18 },
  'tower replaceCcMembers': { statements: 17, roundTrips: 14 },
  'tower createTopic': { statements: 19, roundTrips: 17 },
  'tower createToken': { statements: 16, roundTrips: 15, repeats: 3 },
  'tower createStoredFile': { repeats: 3 },
  'ppmessage pageUserConversations': { statements: 8 },
  'ppmessage createApp': { roundTrips: 14, repeats: 3 },
  // It may use a file, and looks for phones to push to.
  'ppmessage sendMessage': { statements: 16, roundTrips: 14 },
  // It reads both users, and again as the operation that it calls.
  'ppmessage createAgentConversation': { repeats: 3 },
  'ppmessage forwardMessage': { statements: 16, roundTrips: 14 },
  // It replaces the device of the same kind.
  'ppmessage logIn': { statements: 19, roundTrips: 18 },
  'ppmessage leaveApp': { statements: 17, roundTrips: 16 },
  'ppmessage removeUser': { statements: 18, roundTrips: 17 },
  'ppmessage updateConversationMembers': { roundTrips: 14 },
  'gobelieve bindDevice': { roundTrips: 14, repeats: 4 },
  'gobelieve bindDeviceV2': { roundTrips: 14, repeats: 4 },
  'gobelieve unbindDevice': { repeats: 4 },
  'gobelieve unbindDeviceV2': { repeats: 4 },
  // It looks for the thumbnail that another request may have made meanwhile.
  'gobelieve downloadImage': { repeats: 5 },
  // They go on after the beginning of the response.
  'tower streamTeam': { statements: 12, roundTrips: 12, repeats: 4 },
  'ppmessage streamEvents': { statements: 12, roundTrips: 12, repeats: 4 },
  'gobelieve streamEvents': { statements: 12, roundTrips: 12, repeats: 4 },
};

/** They assign agents: the queue, the available agents, the conversation with its members, and then all that is shown. */
const assignments = [
  'requestDefaultConversation',
  'createDefaultConversation',
  'getDefaultConversation',
  'requestConversation',
].map(inPpmessage);
for (const name of assignments) otherExceptions[name] = { statements: 26, roundTrips: 23, repeats: 4 };

function boundsOf(name: string, isRead: boolean): Bounds {
  const trips = deeperReads.flatMap(([roundTrips, , names]) => (names.includes(name) ? [roundTrips] : []));
  const ofKind = isRead ? { ...reads, roundTrips: Math.max(reads.roundTrips, ...trips) } : writes;
  const { statements, roundTrips, repeats } = { ...ofKind, ...otherExceptions[name] };
  // An act in a team also finds the webhooks for its event and its notifications, and queues the calls.
  const more = name.startsWith('tower ') && !isRead ? 4 : 0;
  return { statements: statements + more, roundTrips: roundTrips + more, repeats };
}

for (const suite of [tower, ucenter, ppmessage, gobelieve] as Suite[]) {
  const { api } = suite;
  describeEachDatabase(`${api.name}: statements and round trips of one request`, (databases) => {
    let server: TestServer;
    let counting: CountingServer;
    beforeAll(async () => {
      server = await startServer({ ...suite.environment, DATABASE_URL: await databases.createUrl() }, [api]);
      counting = await startCounting(server, [api]);
    });
    afterAll(async () => {
      await counting?.close();
      await server?.close();
    });

    it('have bounds', async () => {
      const world = await suite.createWorld(`${server.url}/${api.name}`, server);
      // Acts of PPMessage that free an agent serve the customers of the demo data who wait. The bounds are those of the act.
      await server.context.database.deleteFrom('ppmessage_waiting_customers').execute();
      const beyond: Record<string, unknown> = {};
      for (const operation of createChecker(api.name).operations.values()) {
        const status = Math.min(...operation.responses.keys());
        for (const one of successCases(suite, operation)) {
          const answer = await send(`${counting.url}/${api.name}`, toWire(operation, await perform(one, world)));
          expect([operation.id, answer.status]).toEqual([operation.id, status]);
          const sent = await counting.statements();
          const name = `${api.name} ${operation.id}`;
          const bounds = boundsOf(name, !sent.texts.some(isWrite));
          const counts = {
            statements: sent.texts.length,
            roundTrips: databases.engine === 'postgres' ? sent.roundTrips : 0,
            repeats: mostRepeated(sent),
          };
          const isWithin = (Object.keys(counts) as (keyof Bounds)[]).every((key) => counts[key] <= bounds[key]);
          if (!isWithin || countTransactions(sent) > 1) beyond[name] = { counts, bounds, texts: sent.texts };
        }
      }
      expect(beyond).toEqual({});
    }, 300_000);
  });
}
