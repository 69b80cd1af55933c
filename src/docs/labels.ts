/**
 * The function `translateLabels` for the browser. Redoc has no setting for the language of its labels, so each label is
 * replaced when it appears, before it is painted. It takes a Map of English texts to translated ones. Words that come
 * from the contract stay as they are.
 */
export const labelScript = `
function translateLabels(labels) {
  if (labels.size === 0) return;
  const ofContract = [
    'pre, code, .schema-name, :has(> .schema-name), [data-component-name^="Markdown/"]',
    '[data-component-name^="Segmented/"], [data-testid="right-panel"] [data-component-name^="Dropdown/"]',
  ].join();
  const attributes = ['aria-label', 'placeholder'];
  const toLabel = (text) => {
    const english = text.trim();
    return labels.has(english) ? text.replace(english, labels.get(english)) : text;
  };
  const translate = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const label = toLabel(node.data);
      if (label !== node.data && !node.parentElement?.closest(ofContract)) node.data = label;
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      for (const name of attributes) {
        const text = node.getAttribute(name) ?? '';
        if (toLabel(text) !== text) node.setAttribute(name, toLabel(text));
      }
      for (const child of node.childNodes) translate(child);
    }
  };
  const observer = new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === 'childList') addedNodes.forEach(translate);
      else translate(target);
    }
  });
  observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributeFilter: attributes });
}`;

/** Redoc's labels in Chinese, by their English text. A label that is not here stays English. */
export const chineseLabels: Readonly<Record<string, string>> = {
  'Any of:': '其中一种或几种：',
  'API docs by': '文档引擎',
  Arguments: '参数',
  array: '数组',
  'Authorization URL': '授权地址',
  'Back to docs': '回到文档',
  'Bearer Format': '令牌格式',
  Body: '正文',
  Callbacks: '回调',
  Cancel: '取消',
  collapse: '折叠',
  'Collapse all': '全部折叠',
  Contact: '联系方式',
  Cookie: 'Cookie',
  'Copied!': '已复制',
  Copy: '复制',
  'Copy for LLM': '复制给大模型',
  'Copy page as YAML for LLMs': '把本页复制成 YAML，供大模型使用',
  'Copy to clipboard': '复制到剪贴板',
  Default: '默认',
  'Default mapping': '默认映射',
  deprecated: '已弃用',
  details: '详情',
  Discriminator: '类型标识',
  Enum: '可取的值',
  'Enum:': '可取的值：',
  Example: '示例',
  Examples: '示例',
  expand: '展开',
  'Expand all': '全部展开',
  'Flow type': '流程',
  Header: '头字段',
  Headers: '头字段',
  Hide: '收起',
  'Hide example': '收起示例',
  'Hide pattern': '收起格式',
  'Hide sidebar': '收起侧栏',
  'HTTP Authorization Scheme': 'HTTP 认证方式',
  'It may have been moved or deleted.': '它可能已被移走或删除。',
  'Items Enum:': '元素可取的值：',
  License: '许可',
  'Link to this section': '本节的链接',
  'Loading...': '正在载入…',
  more: '更多',
  'More actions': '更多操作',
  'No content': '没有内容',
  'No items found': '没有找到',
  'No page at this address': '这个地址没有内容',
  'No request payload': '没有请求体',
  'No response sample': '没有响应示例',
  'One of:': '其中之一：',
  'Open in new tab': '在新标签页打开',
  'Open navigation menu': '打开导航菜单',
  Operations: '操作',
  or: '或',
  Overview: '概览',
  'parameter name': '参数名',
  Path: '路径参数',
  Payload: '内容',
  'Payload media type': '内容的媒体类型',
  properties: '属性',
  property: '属性',
  Query: '查询参数',
  'Refresh URL': '刷新地址',
  Request: '请求',
  'Request Body': '请求体',
  'Request media type': '请求的媒体类型',
  'Request sample': '请求示例',
  required: '必填',
  'Required scopes': '需要的权限',
  Response: '响应',
  'Response media type': '响应的媒体类型',
  'Response sample': '响应示例',
  'Response status': '响应的状态码',
  Responses: '响应',
  Search: '搜索',
  'Search docs...': '搜索文档…',
  'Search endpoints, schemas, and more...': '搜索接口、结构和说明…',
  Security: '认证',
  Servers: '服务器',
  Show: '展开',
  'Show example': '显示示例',
  'Show less': '收起',
  'Show more': '更多',
  'Show pattern': '显示格式',
  'Show sidebar': '展开侧栏',
  'Single column': '单栏',
  'Switch to single column': '改为单栏',
  'Switch to two columns': '改为双栏',
  "There's no page at": '没有这个页面：',
  'to exit': '退出',
  'to navigate': '移动',
  'to select': '选择',
  'Token URL': '令牌地址',
  'Two columns': '双栏',
  Value: '值',
  variables: '变量',
  'View details': '查看详情',
  'View security details': '查看认证方式',
};
