import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { type Answer, expectError, expectToken, startTower, type Token, type Tower, toForm } from './flow.ts';

// Of many concurrent requests exactly one succeeds, on both databases and on several nodes.
describeEachDatabase('races between two nodes', (databases) => {
  let nodes: [Tower, Tower];
  let tower: Tower;

  beforeAll(async () => {
    const environment = { DATABASE_URL: await databases.createUrl() };
    const first = await startTower(environment);
    nodes = [first, await startTower(environment)];
    [tower] = nodes;
  });
  afterAll(() => Promise.all((nodes ?? []).map(({ server }) => server.close())));

  /** Sends the same request many times at once, half of them to each node. */
  const together = <Body = Record<string, unknown>>(count: number, fields: Record<string, string | undefined>) =>
    Promise.all(Array.from({ length: count }, (_, index) => (nodes[index % 2] as Tower).token<Body>(fields)));

  const winners = (answers: Answer[]) => answers.filter(({ status }) => status === 200);

  /** The valid tokens of a user. */
  const valid = (userId: string) =>
    tower.database
      .selectFrom('oauth_tokens')
      .select('id')
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null)
      .execute();

  it('a hundred exchanges of one code: one succeeds', async () => {
    const member = await tower.addMember();
    const code = await tower.code({}, tower.app, await tower.signedIn(member));
    const answers = await together(100, tower.codeFields(code));
    expect(winners(answers)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) expectError(answer, 400, 'invalid_grant');
    const issued = await tower.database
      .selectFrom('oauth_tokens')
      .select('id')
      .where('user_id', '=', member.id)
      .execute();
    expect(issued).toHaveLength(1);
  });

  it('a hundred refreshes with one token: all return the same new pair', async () => {
    const member = await tower.addMember();
    const token = await tower.signIn(member);
    const answers = await together<Token>(100, tower.refreshFields(token));
    expect(answers.filter(({ status }) => status !== 200).map(({ body }) => body)).toEqual([]);
    const pairs = new Set(answers.map(({ body }) => `${body.access_token} ${body.refresh_token}`));
    expect(pairs.size).toBe(1);
    expect(await valid(member.id)).toHaveLength(1);
    const refreshed = expectToken(answers[0] as Answer<Token>);
    expect(await tower.memberStatus(refreshed)).toBe(200);
    expect(await tower.memberStatus(token)).toBe(401);
    expectToken(await tower.token(tower.refreshFields(refreshed)));
  });

  it('twenty second steps with one code: one succeeds', async () => {
    const member = await tower.addMember({ secondStep: true });
    await tower.token(tower.passwordFields(member));
    const [captcha = ''] = await tower.codesSentTo(member.username);
    const answers = await together(20, { ...tower.passwordFields(member), captcha });
    expect(winners(answers)).toHaveLength(1);
    expect(await valid(member.id)).toHaveLength(1);
  });

  it('twenty sign-ins of one user: all return a token, and one of them stays valid', async () => {
    const member = await tower.addMember();
    const answers = await together<Token>(20, tower.passwordFields(member));
    const statuses = await Promise.all(answers.map((answer) => tower.memberStatus(expectToken(answer))));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(await valid(member.id)).toHaveLength(1);
  });

  it('concurrent sign-ins and refreshes of one user: one of the returned tokens stays valid', async () => {
    const member = await tower.addMember();
    const token = await tower.signIn(member);
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => nodes[0].token<Token>(tower.passwordFields(member))),
      ...Array.from({ length: 10 }, () => nodes[1].token<Token>(tower.refreshFields(token))),
    ]);
    const tokens = answers.filter(({ status }) => status === 200).map(expectToken);
    for (const { status } of answers) expect([200, 400]).toContain(status);
    const statuses = await Promise.all(
      [...new Set(tokens.map(({ access_token }) => access_token))].map((text) =>
        tower.memberStatus({ access_token: text } as Token),
      ),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(await valid(member.id)).toHaveLength(1);
  });

  it('a refresh with a revocation or a replay: no token stays valid', async () => {
    const { client_id, client_secret } = tower.app;
    const members = await Promise.all(Array.from({ length: 24 }, () => tower.addMember()));
    const tokens = await Promise.all(members.map((member) => tower.signIn(member)));
    const refreshed = await Promise.all(
      tokens.map(async (token) => expectToken(await tower.token(tower.refreshFields(token)))),
    );
    for (const token of refreshed) expect(await tower.memberStatus(token)).toBe(200);
    await Promise.all(
      refreshed.flatMap((token, index) => [
        nodes[0].token(tower.refreshFields(token)),
        index % 2 === 0
          ? nodes[1].token(tower.refreshFields(tokens[index] as Token))
          : fetch(`${nodes[1].url}/oauth/revoke`, {
              method: 'POST',
              body: toForm({ client_id, client_secret, token: token.access_token }),
            }),
      ]),
    );
    expect(await Promise.all(members.map(({ id }) => valid(id)))).toEqual(members.map(() => []));
  });

  it('concurrent refreshes of several users: all succeed', async () => {
    const members = await Promise.all(Array.from({ length: 8 }, () => tower.addMember()));
    const tokens = await Promise.all(members.map((member, index) => (nodes[index % 2] as Tower).signIn(member)));
    const answers = await Promise.all(
      tokens.map((token, index) => (nodes[(index + 1) % 2] as Tower).token<Token>(tower.refreshFields(token))),
    );
    for (const [index, answer] of answers.entries()) {
      const token = expectToken(answer);
      expect(token.email).toBe(members[index]?.username);
      expect(await tower.memberStatus(token)).toBe(200);
    }
  });
});
