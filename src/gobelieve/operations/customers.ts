import * as customers from '../model/customers.ts';
import { GobelieveError } from '../model/errors.ts';
import { isServerOf } from '../security.ts';
import type { Operation } from '../wire/operation.ts';
import { answer } from '../wire/views.ts';

export const authenticateCustomer: Operation<'authenticateCustomer'> = async ({ body, request }, context) => {
  const { appid, customer_id, name, avatar, platform_id: platformId, device_id: deviceId } = body;
  // An integer stands for its digits, and an empty string for none (G-41).
  const key = customer_id === undefined || customer_id === '' ? undefined : String(customer_id);
  if (!(await isServerOf(appid, request, context))) {
    if (!context.config.openCustomers) throw new GobelieveError('customersClosed');
    await customers.limitAttempts(context, request.network, appid, key);
  }
  const visit = { appid, key, name, avatar, platformId, deviceId };
  const { token, storeId, clientId } = await customers.authenticateCustomer(context, visit);
  return answer({ token, store_id: storeId, client_id: clientId });
};

export const registerCustomer: Operation<'registerCustomer'> = (input, context) => authenticateCustomer(input, context);
