import type { Context } from '../../context.ts';
import type { Caller } from '../model/callers.ts';
import { type Counted, countByDay, countByHour, countOverview } from '../model/statistics.ts';
import type { ApiOperation } from '../wire/operation.ts';

export const getOverviewNumbers: ApiOperation<'getOverviewNumbers'> = async ({ actor }, context) => {
  const counts = await countOverview(actor, context);
  return {
    number: {
      agent: counts.agents,
      today_customer: counts.customersToday,
      yesterday_customer: counts.customersYesterday,
      all_customer: counts.customers,
      all_message: counts.messages,
    },
  };
};

export const getRealTimeCustomerNumbers: ApiOperation<'getRealTimeCustomerNumbers'> = ({ actor }, context) =>
  byHour('customers', actor, context);

export const getRealTimeServiceNumbers: ApiOperation<'getRealTimeServiceNumbers'> = ({ actor }, context) =>
  byHour('agents', actor, context);

export const getRealTimeMessageNumbers: ApiOperation<'getRealTimeMessageNumbers'> = ({ actor }, context) =>
  byHour('messages', actor, context);

export const getCustomerNumbersByRange: ApiOperation<'getCustomerNumbersByRange'> = ({ body, actor }, context) =>
  byDay('customers', body, actor, context);

export const getServiceNumbersByRange: ApiOperation<'getServiceNumbersByRange'> = ({ body, actor }, context) =>
  byDay('agents', body, actor, context);

export const getMessageNumbersByRange: ApiOperation<'getMessageNumbersByRange'> = ({ body, actor }, context) =>
  byDay('messages', body, actor, context);

async function byHour(what: Counted, actor: Caller, context: Context) {
  const counts = await countByHour(what, actor, context);
  return { number: counts.map((number, hour) => ({ [hour]: number })) };
}

async function byDay(
  what: Counted,
  { begin_date: begin, end_date: end }: { begin_date: string; end_date: string },
  actor: Caller,
  context: Context,
) {
  return { number: Object.fromEntries(await countByDay(what, { begin, end }, actor, context)) };
}
