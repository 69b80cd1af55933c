import { expect, it } from 'vitest';
import contract from '../../generated/ucenter.json' with { type: 'json' };
import { describeEachDatabase } from '../support/databases.ts';
import { type Answer, type User, useCentre } from './centre.ts';

type Data = Record<string, unknown>;

interface Described {
  operationId: string;
  responses: { 200: { content: { 'application/json': { examples: Record<string, { value: { data: Data } }> } } } };
}

const lists = Object.entries(contract.paths as unknown as Record<string, { get?: Described }>).flatMap(
  ([path, { get }]) => (get?.operationId.startsWith('list') ? [{ path, ...get }] : []),
);

const idsOf = (data: Data) => (Object.values(data).find(Array.isArray) as { id: number }[]).map(({ id }) => id);

// The data that the sandbox begins with.
describeEachDatabase('UCenter: the demo data', (databases) => {
  const centre = useCentre(databases);

  it.each(lists)('answers $operationId with what the contract shows', async ({ path, responses }) => {
    const { user, admin } = centre.credentials;
    const person = path.startsWith('/api/user/') ? user : admin;
    const [example] = Object.values(responses[200].content['application/json'].examples);
    const shown = idsOf(example?.value.data ?? {});
    expect(new Set(shown).size).toBeGreaterThanOrEqual(3);
    const { data } = await centre.get(path, await centre.signIn(person), { page: '1', page_size: '20', before: '21' });
    expect(idsOf(data)).toEqual(shown);
  });

  it('have files that can be downloaded', async () => {
    const { data }: Answer<{ files: { file_path: string; mime_type: string; size: number }[] }> = await centre.get(
      '/api/file',
      await centre.signIn(centre.credentials.admin),
    );
    for (const { file_path, mime_type, size } of data.files) {
      const file = await fetch(file_path);
      expect(file.headers.get('content-type')).toContain(mime_type);
      expect((await file.arrayBuffer()).byteLength).toBe(size);
    }
  });

  it('have people in each state', async () => {
    const response = await fetch(`${centre.server.url}/sandbox/credentials`);
    const { people } = ((await response.json()) as { ucenter: { people: (User & { key: string })[] } }).ucenter;
    expect(people.map(({ key }) => key)).toEqual(['user', 'second', 'admin', 'unverified', 'empty']);
    const find = (key: string) => people.find((person) => person.key === key) as User;
    const empty = await centre.profileOf(await centre.signIn(find('empty')));
    expect(empty).toMatchObject({ user_id: find('empty').user_id, email: '', phone: '' });

    // A phone that was changed a moment ago does not reset the password (U-48).
    const { phone } = await centre.profileOf(await centre.signIn(find('unverified')));
    const token = await centre.appToken();
    const reset = (code: string) =>
      centre.put('/api/user/password', { phone, code, password: 'a-new-password' }, token);
    await centre.post('/api/sms/code', { phone, purpose: 'reset_password' }, token);
    const outbox = await fetch(`${centre.server.url}/sandbox/outbox?to=${phone}`);
    const [{ code }] = (await outbox.json()) as [{ code: string }];
    expect((await reset(code)).data).toMatchObject({ errors: [{ field: 'phone' }] });
  });
});
