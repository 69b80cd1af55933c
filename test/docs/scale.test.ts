import { describe, expect, it } from 'vitest';
import { apis } from '../../src/app.ts';
import { listVariables } from '../../src/config-variables.ts';
import { createFrame } from '../../src/docs/frame.ts';
import type { languages } from '../../src/docs/page.ts';
import { costs, needsOf, usualLoad } from '../../src/docs/scale.ts';
import { scalePage } from '../../src/docs/scale-page.ts';
import { needsTable, readLoad } from '../bench/simulate.ts';

const quiet = { ...usualLoad, messagesPerHour: 0, readsPerHour: 0, reconnectsPerHour: 0 };

describe('the formula of capacity', () => {
  it('adds up the costs of what the users do in a second', () => {
    const reads = needsOf({ ...quiet, users: 3_600, readsPerHour: 1000 });
    expect(reads.busyCores).toBeCloseTo((1000 * costs.read) / 1e6);
    expect(reads.processes).toBe(Math.ceil((1000 * costs.read) / 1e6 / 0.7));

    const messages = needsOf({ ...quiet, users: 3_600, messagesPerHour: 10, groupShare: 0 });
    expect(messages).toMatchObject({ messagesPerSecond: 10, eventsPerSecond: 20 });
    expect(messages.busyCores).toBeCloseTo((10 * costs.message + 20 * costs.event) / 1e6);
    // Each of the two users has one copy, which Redis takes and hands out.
    expect(messages.redisMessagesPerSecond).toBe(40);

    const connects = needsOf({ ...quiet, users: 3_600, reconnectsPerHour: 1 });
    expect(connects.busyCores).toBeCloseTo(costs.connect / 1e6);
  });

  it('sends a message to a group once to each process with a member, and no further one', () => {
    const group = { ...quiet, users: 3_600, messagesPerHour: 1, groupShare: 1, groupMembers: 500 };
    expect(needsOf(group)).toMatchObject({ eventsPerSecond: 500, processes: 1, redisMessagesPerSecond: 2 });
    const many = needsOf({ ...group, users: 36_000, messagesPerHour: 0.1, groupMembers: 3 });
    expect(many).toMatchObject({ processes: 4, redisMessagesPerSecond: 4 });
  });

  it('commits the messages of one app together when they do not wait for each other any longer', () => {
    const load = { ...quiet, users: 3_600_000, messagesPerHour: 1 };
    expect(needsOf({ ...load, apps: 1 }).commitsPerSecond).toBe(500);
    expect(needsOf({ ...load, apps: 1000 }).commitsPerSecond).toBe(1000);
  });

  it('needs a process for ten thousand streams, also when the users are quiet', () => {
    expect(needsOf({ ...quiet, users: 1_000_000 })).toMatchObject({
      busyCores: 0,
      processes: 100,
      memoryGigabytes: 40,
    });
    expect(needsOf({ ...quiet, users: 1 }).processes).toBe(1);
  });

  it('grows with the users and with nothing else', () => {
    const [some, many] = [needsOf({ ...usualLoad, users: 10_000 }), needsOf({ ...usualLoad, users: 1_000_000 })];
    expect(many.busyCores / some.busyCores).toBeCloseTo(100);
    expect(many.eventsPerSecond / some.eventsPerSecond).toBeCloseTo(100);
  });
});

describe('npm run bench -- simulate', () => {
  it('reads the load from its options', () => {
    expect(readLoad({})).toEqual(usualLoad);
    expect(readLoad({ users: '5', groupShare: '0.5', json: 'file' })).toEqual({
      ...usualLoad,
      users: 5,
      groupShare: 0.5,
    });
    for (const wrong of [{ users: 'many' }, { users: '' }, { users: '-1' }, { groupShare: '2' }])
      expect(() => readLoad(wrong)).toThrow(Object.keys(wrong)[0]);
  });

  it('prints the load and what it needs', () => {
    const text = needsTable(usualLoad);
    expect(text).toContain('| users | 1,000,000 |');
    expect(text).toContain(`| processes | ${needsOf(usualLoad).processes} |`);
  });
});

describe('the page about capacity', () => {
  const variables = listVariables(apis).map(({ name }) => name);
  const variablesIn = async (language: (typeof languages)[number]) =>
    Array.from(
      (await scalePage(language, createFrame([]))).body.matchAll(/\b[A-Z]+_[A-Z]+\b|\bWORKERS\b/g),
      ([name]) => name,
    );

  it('names the same variables in both languages, and only those that exist', async () => {
    const named = await variablesIn('zh');
    expect(named).toEqual(await variablesIn('en'));
    expect(named.filter((name) => !variables.includes(name))).toEqual([]);
  });
});
