import { expect, it } from 'vitest';
import contract from '../../generated/ppmessage.json' with { type: 'json' };
import { describeEachDatabase } from '../support/databases.ts';
import { type Name, type Person, type Seat, useDesk } from './desk.ts';
import { storedOrders } from './stored-orders.ts';

/** The fields of an answer that hold the list. */
const listOf = (answer: Record<string, unknown>) => (answer.list ?? answer.app) as ({ uuid?: string } | string)[];
const idOf = (item: { uuid?: string } | string) =>
  typeof item === 'string' ? item : (item.uuid ?? JSON.stringify(item));

interface Described {
  operationId: string;
  'x-levels'?: string[];
  requestBody: { content: { 'application/json': { examples: Record<string, { value: object }> } } };
  responses: {
    200: { content: { 'application/json': { examples: { success: { value: Record<string, unknown> } } } } };
  };
}

const operations = Object.entries(contract.paths as unknown as Record<string, { post?: Described }>).flatMap(
  ([path, { post }]) =>
    post !== undefined && path.startsWith('/api/') ? [{ name: path.split('/')[2] as Name, ...post }] : [],
);
const lists = operations.filter(({ operationId }) => /^(list|page)/.test(operationId));
const gets = operations.filter(({ operationId }) => /^(get|select)/.test(operationId));

// The data that the sandbox begins with.
describeEachDatabase('ppmessage: the demo data', (databases) => {
  const desk = useDesk(databases);

  /** A seat that may call the operation. Two of them are the administrator's. */
  async function seatFor({ name, 'x-levels': levels = [] }: (typeof operations)[number]): Promise<Seat> {
    if (['PP_GET_ALL_APP_LIST', 'PP_GET_ADMIN_DETAIL'].includes(name))
      return desk.seat(desk.otherAgent, desk.keys.console);
    if (levels.includes('THIRD_PARTY_KEFU')) return desk.kefu;
    if (levels.includes('THIRD_PARTY_CONSOLE')) return desk.console;
    return levels.includes('PPKEFU') ? desk.ppkefu : desk.ppcom;
  }

  it.each(lists)('answers the example of $name with what the contract shows', async (operation) => {
    const [request] = Object.values(operation.requestBody.content['application/json'].examples);
    const shown = listOf(operation.responses[200].content['application/json'].examples.success.value);
    if (operation.operationId !== 'listUserMatchedMethods') expect(shown.length).toBeGreaterThanOrEqual(3);
    expect(new Set(shown.map(idOf)).size).toBe(shown.length);
    // No customer is online at the beginning.
    if (operation.operationId === 'pageOnlinePortalUsers') return;
    const { body } = await (await seatFor(operation)).post(operation.name, request?.value);
    expect(listOf(body).map(idOf)).toEqual(expect.arrayContaining(shown.map(idOf)));
  });

  it.each(gets)('answers the example of $name', async (operation) => {
    const [request] = Object.values(operation.requestBody.content['application/json'].examples);
    await (await seatFor(operation)).ok(operation.name, request?.value as never);
  });

  it('have messages of each kind, whose files can be downloaded', async () => {
    const { list } = await desk.console.ok('PP_GET_APP_CONVERSATION_LIST', {});
    const kinds = new Map<string, string>();
    for (const { uuid: conversation_uuid } of list) {
      const page = await desk.console.ok('PP_PAGE_HISTORY_MESSAGE', { conversation_uuid, page_size: 100 });
      for (const { message_subtype, body } of page.list) kinds.set(message_subtype, body ?? '');
    }
    expect([...kinds.keys()].sort()).toEqual(['AUDIO', 'DOCUMENT', 'FILE', 'IMAGE', 'TEXT', 'TXT', 'VIDEO']);
    kinds.delete('TEXT');
    const types = await Promise.all(
      [...kinds].map(async ([kind, body]) => {
        const { fid, orig, m4a } = JSON.parse(body);
        const file = await fetch(`${desk.url}/download/${fid ?? orig ?? m4a.fid}`);
        expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(0);
        return [kind, file.headers.get('content-type')?.split(';')[0]];
      }),
    );
    expect(Object.fromEntries(types)).toEqual({
      AUDIO: 'audio/mpeg',
      DOCUMENT: 'text/plain',
      FILE: 'application/pdf',
      IMAGE: 'image/png',
      TXT: 'text/plain',
      VIDEO: 'video/mp4',
    });
  });

  it('have conversations that are open, closed and new, and customers who wait', async () => {
    const rows = await desk.database
      .selectFrom('ppmessage_conversation_members')
      .select('conversation_status')
      .execute();
    expect(new Set(rows.map(({ conversation_status }) => conversation_status))).toEqual(
      new Set(['NEW', 'OPEN', 'CLOSE']),
    );
    const user_uuid = 'd0000000-0000-4000-8000-000000000107';
    expect(await desk.ppcom.ok('PP_GET_AMD_QUEUE_LENGTH', { user_uuid })).toMatchObject({ length: 2, position: 2 });
  });

  it('have numbers for the statistics', async () => {
    const { number } = await desk.console.ok('PPCONSOLE_GET_OVERVIEW_NUMBER', {});
    expect(number).toMatchObject({ agent: 5, all_customer: 8, all_message: 31 });
    expect(number.today_customer + number.yesterday_customer).toBeGreaterThan(0);
  });

  it('have the stored counts and positions of their rows', async () => {
    const { stored, counted } = await storedOrders(desk.database);
    expect(stored).toEqual(counted);
  });

  it('have people in each state', async () => {
    const response = await fetch(`${desk.server.url}/sandbox/credentials`);
    const { people } = ((await response.json()) as { ppmessage: { people: (Person & { key: string })[] } }).ppmessage;
    const find = (key: string) => people.find((person) => person.key === key) as Person;
    expect(people.map(({ key }) => key)).toEqual(['owner', 'agent', 'admin', 'muted', 'removed', 'empty']);
    for (const key of ['owner', 'agent', 'admin', 'muted', 'empty'])
      expect(await desk.signIn(find(key), desk.keys.kefu)).toMatchObject({ user_uuid: find(key).user_uuid });
    const { user_uuid } = find('muted');
    expect(await desk.kefu.ok('PP_GET_USER_INFO', { user_uuid })).toMatchObject({ user_mute_notification: true });
    expect(await desk.console.code('PP_GET_USER_INFO', { user_uuid: find('removed').user_uuid })).toBe('7');
    const refused = await desk.postForm('/ppauth/auth', { ...desk.request(), ...signInOf(find('removed')) });
    expect(refused.status).toBe(401);
    const empty = await desk.seat(find('empty'), desk.keys.kefu);
    expect(await empty.openConversations()).toEqual([]);
  });
});

const signInOf = ({ user_email, user_password }: Person) => ({ user_email, user_password });
