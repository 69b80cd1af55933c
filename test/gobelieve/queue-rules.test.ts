import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type App, describeApps, type EventReader, newUid, type User } from './apps.ts';

/** `QUEUE_SEED=… QUEUE_RUNS=… npm test` looks elsewhere, and longer. */
const seed = Number(process.env.QUEUE_SEED ?? 20261123);
const numRuns = Number(process.env.QUEUE_RUNS ?? 12);

const PEOPLE = 3;

interface Entry {
  kind: 'peer' | 'group' | 'system' | 'notice';
  content: string;
  own: boolean;
  /** Said in a super group: only on the wire, and gone for who leaves it. */
  isPassing?: boolean;
}

/** What the rules say that everybody has: facts, rules 6, 7, 10, 12 and 13. */
class Model {
  readonly queues: Entry[][] = Array.from({ length: PEOPLE }, () => []);
  /** What a connection that was open all the time has told. */
  readonly wires: Entry[][] = Array.from({ length: PEOPLE }, () => []);
  /** What of the wire a new connection does not get back: what passed in the group before he left it. */
  readonly gone: number[] = Array.from({ length: PEOPLE }, () => 0);
  readonly acknowledged: number[] = Array.from({ length: PEOPLE }, () => 0);
  readonly members = new Set<number>();
  isSuper = false;

  store(owner: number, entry: Entry): void {
    this.queues[owner]?.push(entry);
    this.wires[owner]?.push(entry);
  }

  notify(kind: string): void {
    for (const member of this.members) this.store(member, { kind: 'notice', content: kind, own: false });
  }

  history = (owner: number) =>
    (this.queues[owner] ?? []).filter(({ kind }) => kind === 'peer' || kind === 'group').map(({ content }) => content);

  waiting = (owner: number) =>
    (this.queues[owner] ?? []).slice(this.acknowledged[owner]).filter(({ own }) => !own).length;
}

interface World {
  app: App;
  users: readonly User[];
  gid: number;
}

interface Step {
  name: string;
  run(model: Model, world: World): Promise<void>;
}

const uidOf = ({ users }: World, index: number) => users[index]?.uid ?? 0;
const person = fc.nat({ max: PEOPLE - 1 });
// Surrogates, NUL and line ends among them; what is no Unicode is another test's.
const content = fc.string({ unit: 'binary', maxLength: 12 });

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(person, person, content).map(([from, to, text]) => ({
    name: `peer ${from} → ${to}`,
    async run(model: Model, world: World) {
      await world.app.peer(uidOf(world, from), uidOf(world, to), text);
      model.store(to, { kind: 'peer', content: text, own: from === to });
      if (from !== to) model.store(from, { kind: 'peer', content: text, own: true });
    },
  })),
  fc.tuple(person, content).map(([from, text]) => ({
    name: `group message of ${from}`,
    async run(model: Model, world: World) {
      await world.app.say(uidOf(world, from), world.gid, text);
      for (const member of model.members) {
        const entry: Entry = { kind: 'group', content: text, own: member === from };
        if (model.isSuper) model.wires[member]?.push({ ...entry, isPassing: true });
        else model.store(member, entry);
      }
    },
  })),
  fc.tuple(person, content).map(([to, text]) => ({
    name: `system message to ${to}`,
    async run(model: Model, world: World) {
      await world.app.do('POST', '/messages/systems', { receiver: uidOf(world, to), content: text });
      model.store(to, { kind: 'system', content: text, own: false });
    },
  })),
  content.map((text) => ({
    name: 'group notification',
    async run(model: Model, { app, gid }: World) {
      const { status } = await app.send('POST', '/messages/groups/notifications', { group_id: gid, content: text });
      expect(status).toBe(model.members.size === 0 ? 400 : 200);
      model.notify(text);
    },
  })),
  person.map((who) => ({
    name: `${who} joins`,
    async run(model: Model, world: World) {
      await world.app.do('POST', `/groups/${world.gid}/members`, [uidOf(world, who)]);
      if (model.members.has(who)) return;
      model.members.add(who);
      model.notify('add_member');
    },
  })),
  person.map((who) => ({
    name: `${who} leaves`,
    async run(model: Model, world: World) {
      await world.app.do('DELETE', `/groups/${world.gid}/members/${uidOf(world, who)}`);
      if (!model.members.has(who)) return;
      model.notify('quit_group');
      model.members.delete(who);
      model.gone[who] = model.wires[who]?.length ?? 0;
    },
  })),
  fc.constant({
    name: 'upgrade',
    async run(model: Model, { app, gid }: World) {
      if (model.isSuper) return;
      await app.do('POST', `/groups/${gid}/upgrade`);
      model.isSuper = true;
      model.notify('upgrade');
    },
  }),
  person.map((who) => ({
    name: `${who} acknowledges`,
    async run(model: Model, { users }: World) {
      await users[who]?.do('POST', '/messages/dequeue');
      model.acknowledged[who] = model.queues[who]?.length ?? 0;
    },
  })),
);

const kinds = { peer_message: 'peer', group_message: 'group', system_message: 'system', group_notification: 'notice' };

/** What a connection has told, as the model has it: of the server's own notices only the kind. */
async function told(stream: EventReader, app: App, uid: number): Promise<Pick<Entry, 'kind' | 'content'>[]> {
  const events = await stream.all(app, uid);
  return events.map(({ event, data }) => {
    const text = 'content' in data ? data.content : '';
    const [, notice] = (event === 'group_notification' && /^\{"(\w+)":\{"group_id"/.exec(text)) || [];
    return { kind: kinds[event as keyof typeof kinds] as Entry['kind'], content: notice ?? text };
  });
}

describeApps(`queue rules (seed ${seed})`, (place) => {
  it('hold whatever happens, in order, without loss and without repetition', async () => {
    const { app } = place;
    const property = fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 25 }), async (chosen) => {
      const model = new Model();
      const users = await app.users(PEOPLE);
      const world = { app, users, gid: await app.group(newUid()) };
      // One connection for all of the time, and one that begins again and again where it was.
      const streams = await Promise.all(users.map((user) => user.listen()));
      const broken = await (users[0] as User).listen();
      await expect.poll(() => broken.lastEventId).toBeDefined();
      broken.close();

      for (const { run } of chosen) await run(model, world);

      for (const [index, user] of users.entries()) {
        expect(await user.contents()).toEqual(model.history(index));
        const count = model.waiting(index);
        expect(await app.offline(user.uid)).toEqual({ new: Math.min(count, 1), count });
      }
      for (const [index, stream] of streams.entries()) {
        const expected = model.wires[index]?.map(({ kind, content }) => ({ kind, content }));
        expect(await told(stream, app, uidOf(world, index))).toEqual(expected);
        stream.close();
      }
      const resumed = await (users[0] as User).listen({ lastEventId: broken.lastEventId });
      const kept = model.wires[0]?.filter(({ isPassing }, index) => !isPassing || index >= (model.gone[0] ?? 0));
      expect(await told(resumed, app, uidOf(world, 0))).toEqual(kept?.map(({ kind, content }) => ({ kind, content })));
      resumed.close();
    });
    await fc.assert(property, { seed, numRuns, endOnFailure: true });
  });
});
