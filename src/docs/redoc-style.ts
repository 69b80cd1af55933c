/** What Redoc's pages need beyond Redoc. Its own colours stay where they have enough contrast for WCAG AA. */
export const redocStyle = `
html { color-scheme: light dark }
html.light { color-scheme: light }
html.dark { color-scheme: dark }
body { margin: 0 }
[href="https://redocly.com/redoc/"]::after { content: "Redoc" }
html:root { --search-trigger-color: var(--text-color-secondary); --menu-content-color-disabled: var(--text-color-secondary); --text-color-disabled: var(--text-color-secondary); --code-block-tokens-comment-color: var(--text-color-secondary) }
html.light:root { --link-color-primary: #0b5cd6; --code-block-tokens-string-color: #1a56b5; --code-block-tokens-boolean-color: #0b6b35; --code-block-tokens-function-color: #8a4b00; --code-block-tokens-class-name-color: #8a4b00; --code-block-tokens-operator-color: #8a4b00; --code-block-tokens-keyword-color: #a1166b; --code-block-tokens-property-string-color: #1a56b5; --badge-deprecated-bg-color: #8a4b00 }
#redoc .schema-name { color: var(--text-color-primary) !important }
#redoc button:is([aria-label=collapse], [aria-label=expand], [aria-label=折叠], [aria-label=展开]) { min-width: 24px; min-height: 24px }
#redoc a[aria-label^="link to"] { display: inline-block; min-width: 24px; min-height: 24px }
#redoc div:has(> button:is([aria-label=collapse], [aria-label=expand], [aria-label=折叠], [aria-label=展开])) { line-height: 24px }
html.light .tag-get > div { color: #0b7a3b !important }
html.light .tag-post > div { color: #1650c8 !important }
html.light .tag-put > div, html.light .tag-patch > div { color: #8a4b00 !important }
html.light .tag-delete > div { color: #b3261e !important }
#redoc :is(h1, h2, h3, h4, h5) { overflow-wrap: break-word; word-break: normal }
@media print {
  .menu-content, #redoc button { display: none !important }
  pre, td, th, section { break-inside: avoid }
}
`;

/**
 * The function `mendAccess` for the browser. A label of Redoc that does not contain the text of its button hides this text
 * from readers with a screen reader, and makes it unknown to those who speak it (WCAG 2.5.3). A table that scrolls has to
 * be reached with the keyboard (2.1.1).
 */
export const accessScript = `
function mendAccess() {
  const mend = (element) => {
    const { tagName, textContent, ariaLabel } = element;
    if (tagName !== 'BUTTON') element.tabIndex = 0;
    else if (textContent.trim() && !textContent.includes(ariaLabel)) {
      element.title = ariaLabel;
      element.removeAttribute('aria-label');
    }
  };
  const faulty = 'button[aria-label], .md-table-wrapper:not([tabindex])';
  const observer = new MutationObserver((changes) => {
    for (const { target } of changes) {
      const parent = target.parentElement ?? target;
      for (const element of [parent.closest(faulty), ...parent.querySelectorAll(faulty)]) if (element) mend(element);
    }
  });
  observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributeFilter: ['aria-label'] });
}`;
