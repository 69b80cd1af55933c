import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type App, describeApps, type EventReader, newUid, type User } from './apps.ts';

/** `QUEUE_SEED=… QUEUE_RUNS=… npm test` runs other and more histories. */
const seed = Number(process.env.QUEUE_SEED ?? 20261123);
const numRuns = Number(process.env.QUEUE_RUNS ?? 12);

const USERS = 3;

interface Entry {
  kind: 'peer' | 'group' | 'system' | 'notification';
  content: string;
  own: boolean;
  /** Sent to a super group: only in the event stream, and gone for a member who leaves. */
  isPassing?: boolean;
}

/** The expected queues and streams of all users (G-23, G-25, G-27, G-34, G-36). */
class Model {
  readonly queues: Entry[][] = Array.from({ length: USERS }, () => []);
  /** What a connection that was open all the time has received. */
  readonly streams: Entry[][] = Array.from({ length: USERS }, () => []);
  /** The part of it that a new connection does not get: messages of a super group from before the user left. */
  readonly gone: number[] = Array.from({ length: USERS }, () => 0);
  readonly acknowledged: number[] = Array.from({ length: USERS }, () => 0);
  readonly members = new Set<number>();
  isSuper = false;

  store(owner: number, entry: Entry): void {
    this.queues[owner]?.push(entry);
    this.streams[owner]?.push(entry);
  }

  notify(kind: string): void {
    for (const member of this.members) this.store(member, { kind: 'notification', content: kind, own: false });
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
const anyUser = fc.nat({ max: USERS - 1 });
// Surrogate pairs, NUL and line ends among them. Text that is not Unicode has a test of its own.
const content = fc.string({ unit: 'binary', maxLength: 12 });

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(anyUser, anyUser, content).map(([from, to, text]) => ({
    name: `peer ${from} → ${to}`,
    async run(model: Model, world: World) {
      await world.app.peer(uidOf(world, from), uidOf(world, to), text);
      model.store(to, { kind: 'peer', content: text, own: from === to });
      if (from !== to) model.store(from, { kind: 'peer', content: text, own: true });
    },
  })),
  fc.tuple(anyUser, content).map(([from, text]) => ({
    name: `group message of ${from}`,
    async run(model: Model, world: World) {
      await world.app.say(uidOf(world, from), world.gid, text);
      for (const member of model.members) {
        const entry: Entry = { kind: 'group', content: text, own: member === from };
        if (model.isSuper) model.streams[member]?.push({ ...entry, isPassing: true });
        else model.store(member, entry);
      }
    },
  })),
  fc.tuple(anyUser, content).map(([to, text]) => ({
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
  anyUser.map((user) => ({
    name: `${user} joins`,
    async run(model: Model, world: World) {
      await world.app.do('POST', `/groups/${world.gid}/members`, [uidOf(world, user)]);
      if (model.members.has(user)) return;
      model.members.add(user);
      model.notify('add_member');
    },
  })),
  anyUser.map((user) => ({
    name: `${user} leaves`,
    async run(model: Model, world: World) {
      await world.app.do('DELETE', `/groups/${world.gid}/members/${uidOf(world, user)}`);
      if (!model.members.has(user)) return;
      model.notify('quit_group');
      model.members.delete(user);
      model.gone[user] = model.streams[user]?.length ?? 0;
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
  anyUser.map((user) => ({
    name: `${user} acknowledges`,
    async run(model: Model, { users }: World) {
      await users[user]?.do('POST', '/messages/dequeue');
      model.acknowledged[user] = model.queues[user]?.length ?? 0;
    },
  })),
);

const kinds = {
  peer_message: 'peer',
  group_message: 'group',
  system_message: 'system',
  group_notification: 'notification',
};

/** What a connection has received, in the form of the expectation: of the server's own notifications only the kind. */
async function received(stream: EventReader, app: App, uid: number): Promise<Pick<Entry, 'kind' | 'content'>[]> {
  const events = await stream.all(app, uid);
  return events.map(({ event, data }) => {
    const text = 'content' in data ? data.content : '';
    const [, key] = (event === 'group_notification' && /^\{"(\w+)":\{"group_id"/.exec(text)) || [];
    return { kind: kinds[event as keyof typeof kinds] as Entry['kind'], content: key ?? text };
  });
}

describeApps(`queue rules (seed ${seed})`, (place) => {
  it('hold in random histories: in order, without loss and without repetition', async () => {
    const { app } = place;
    const property = fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 25 }), async (chosen) => {
      const model = new Model();
      const users = await app.users(USERS);
      const world = { app, users, gid: await app.group(newUid()) };
      // One connection that stays open, and one that breaks and resumes again and again.
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
        const expected = model.streams[index]?.map(({ kind, content }) => ({ kind, content }));
        expect(await received(stream, app, uidOf(world, index))).toEqual(expected);
        stream.close();
      }
      const resumed = await (users[0] as User).listen({ lastEventId: broken.lastEventId });
      const kept = model.streams[0]?.filter(({ isPassing }, index) => !isPassing || index >= (model.gone[0] ?? 0));
      expect(await received(resumed, app, uidOf(world, 0))).toEqual(
        kept?.map(({ kind, content }) => ({ kind, content })),
      );
      resumed.close();
    });
    await fc.assert(property, { seed, numRuns, endOnFailure: true });
  });
});
