/** The building blocks of the original's assignment rules, which its console translates (P-75). */

export interface RouteMethod {
  name: string;
  desc: string;
  method_name: string;
  parameter: { name: string; key: string } | null;
}

export const userMatchedMethods: readonly RouteMethod[] = [
  {
    name: 'USER_MATCHED_ANY_USER_NAME_TAG',
    desc: 'USER_MATCHED_ANY_USER_DESC_TAG',
    method_name: 'user_matched_any_user',
    parameter: null,
  },
  {
    name: 'USER_MATCHED_VISIT_PAGE_NAME_TAG',
    desc: 'USER_MATCHED_VISIT_PAGE_DESC_TAG',
    method_name: 'user_matched_visit_page',
    parameter: { name: 'VISIT_PAGE_URL_TAG', key: 'visit_page_url' },
  },
];

const group = { name: 'TARGET_SERVICE_GROUP_UUID_TAG', key: 'group_uuid' };

/** All or one of the agents, online or not, of the team or of a group. */
export const targetServiceMethods: readonly RouteMethod[] = (['TEAM', 'GROUP'] as const).flatMap((of) =>
  ['ALL', 'ONE', 'ALL_ONLINE', 'ONE_ONLINE'].map((which) => ({
    name: `TARGET_SERVICE_${which}_USER_OF_${of}_NAME_TAG`,
    desc: `TARGET_SERVICE_${which}_USER_OF_${of}_DESC_TAG`,
    method_name: `target_service_${which.toLowerCase()}${of === 'GROUP' ? '_user_of_group' : ''}`,
    parameter: of === 'GROUP' ? group : null,
  })),
);
