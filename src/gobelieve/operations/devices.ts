import { bindPushTokens, type PushToken, pushServices, unbindPushTokens } from '../model/devices.ts';
import { bearerOf } from '../security.ts';
import type { Operation } from '../wire/operation.ts';
import { done } from '../wire/views.ts';

export const bindDevice: Operation<'bindDevice'> = async ({ body, actor, request }, context) => {
  await bindPushTokens(context, actor, bearerOf(request), tokensIn(body));
  return done;
};

export const unbindDevice: Operation<'unbindDevice'> = async ({ body, actor }, { database }) => {
  await unbindPushTokens(database, actor, tokensIn(body));
  return done;
};

export const bindDeviceV2: Operation<'bindDeviceV2'> = (input, context) => bindDevice(input, context);

export const unbindDeviceV2: Operation<'unbindDeviceV2'> = (input, context) => unbindDevice(input, context);

type TokenFields = Partial<Record<`${PushToken['service']}_device_token`, string>>;

/** The tokens in a request. Clients send every field that they know: an empty one counts as absent (G-50). */
const tokensIn = (fields: TokenFields): PushToken[] =>
  pushServices.flatMap((service) => {
    const token = fields[`${service}_device_token`];
    return token ? [{ service, token }] : [];
  });
