import type { Status } from './requirement.ts';

/** The words of the page. */
export const texts = {
  zh: {
    title: 'OAuth 标准',
    lead: 'Tower、UCenter 和 PPMessage 的授权服务器怎样对待各份标准的要求。每条要求一行：遵守、不适用，或者有意不遵守，附上证明它的测试或者理由。没有写明接口的，三个接口共用同一份代码。',
    note: '要求用自己的话概括，每行写的是遵守时的样子。没有关键词的规定算 MUST，REQUIRED 算 MUST，RECOMMENDED 算 SHOULD；只对应用提出的要求不列。',
    standard: '标准',
    columns: ['节', '级别', '要求', '状态', '测试或理由'],
    statuses: {
      held: '遵守',
      'not applicable': '不适用',
      'deliberately not': '有意不遵守',
    } satisfies Record<Status, string>,
    untested: '没有单独的测试，见 ',
  },
  en: {
    title: 'OAuth standards',
    lead: 'What the authorization servers of Tower, UCenter and PPMessage make of the requirements of each standard. Each requirement has a row: held, not applicable or deliberately not, with the test that shows it or the reason. The three share one implementation; a row that names an API is about that one alone.',
    note: 'Requirements are in our own words; each row says what is true where it is held. A rule without a keyword counts as MUST, REQUIRED as MUST, RECOMMENDED as SHOULD. Requirements for clients alone are left out.',
    standard: 'Standard',
    columns: ['Section', 'Level', 'Requirement', 'Status', 'Test or reason'],
    statuses: {
      held: 'held',
      'not applicable': 'not applicable',
      'deliberately not': 'deliberately not',
    } satisfies Record<Status, string>,
    untested: 'No test of its own; see ',
  },
};
