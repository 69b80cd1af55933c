import type { Context } from '../../context.ts';
import type { TokenActor } from '../../oauth/tokens/find-actor.ts';

/** The caller who may guess a code: by its token, or without one by its network. */
export type Guesser = Pick<TokenActor, 'clientId' | 'userId'> | { network: string };

/** Names a caller: `client:user`, `client:` for an application itself, or a network. */
export const guesserKey = (guesser: Guesser): string =>
  'network' in guesser ? `network ${guesser.network}` : `${guesser.clientId}:${guesser.userId ?? ''}`;

/** Many users guess through an application's own token, or from the network of its server. */
const SHARED_FACTOR = 20;

/**
 * Limits the wrong codes of one caller, over all phones (U-35).
 *
 * @throws HttpError too_many_requests
 */
export async function limitGuesses(
  guesser: Guesser,
  { config, limits }: Context,
  check: () => Promise<boolean>,
): Promise<boolean> {
  const isUser = 'userId' in guesser && guesser.userId !== null;
  const rule = {
    name: isUser ? 'ucenter-code-user' : 'ucenter-code-shared',
    points: config.wrongGuesses * (isUser ? 1 : SHARED_FACTOR),
    seconds: 300,
    block: 60,
  };
  const key = guesserKey(guesser);
  // In turn: otherwise a burst of guesses is over before the limit has counted it.
  return limits.inTurn(`${rule.name} ${key}`, async () => {
    await limits.check(rule, key);
    const isRight = await check();
    if (!isRight) await limits.consume(rule, key);
    return isRight;
  });
}
