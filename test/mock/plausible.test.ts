import { describe, expect, it } from 'vitest';
import { plausible } from '../../src/mock/plausible.ts';

describe('made-up values', () => {
  it('are plausible for the names of their members', () => {
    const generated = {
      id: 54_552_724,
      nickname: 'aliquip amet',
      user_email: 'minim Lorem proident',
      phone: 'elit',
      gavatar: 'http://otAoJ.ijowywHxmagrkhwv',
      group_uuid: 'aliqua Ut sint',
      byte_size: 98_765_432,
      content: 'eu in dolore ipsum',
    };
    expect(plausible(generated, undefined)).toEqual({
      id: expect.toSatisfy((id: number) => id > 0 && id <= 10_000),
      nickname: expect.stringMatching(/^[一-鿿]{2,3}$/),
      user_email: expect.stringMatching(/^user\d+@example\.com$/),
      phone: expect.stringMatching(/^138\d{8}$/),
      gavatar: expect.stringMatching(/\/sandbox\/pictures\/\d+\.png$/),
      group_uuid: expect.stringMatching(/^d0000000-0000-4000-8000-\d{12}$/),
      byte_size: expect.toSatisfy((size: number) => size < 1_000_000),
      content: expect.stringMatching(/[一-鿿]/),
    });
  });

  it('keep what the contract chooses from, real dates, and empty values', () => {
    const generated = {
      role: 'owner',
      status: 'OPEN',
      created_at: '2031-02-03T04:05:06.000+08:00',
      closed_at: null,
      notice: '',
    };
    expect(plausible(generated, generated)).toEqual(generated);
  });

  it('take strange dates, and what says how the call went, from the example', () => {
    const example = { code: 1, message: '获取邮件成功', data: { page: 1, sent_at: '2026-03-02 09:30:00' } };
    const generated = { code: 0, message: 'ipsum', data: { page: 94, sent_at: '2371-30-50 07:38:68' } };
    expect(plausible(generated, example)).toEqual(example);
  });

  it('have no members that were made up', () => {
    expect(plausible({ meta: 1, dolore_8: 'sed', velit: { ex: 1 } }, { meta: 1 })).toEqual({ meta: 1 });
  });
});
