/** The window's own fonts, written into a picture: one that is drawn from a file of its own sees none of the page's. */

/** A face as a style sheet declares it; `file`: where its glyphs are. */
export interface Face { family: string; weight: string; style: string; range: string; file: string }

/** Whether a face with this `unicode-range` (CSS Fonts 4, § 4.5) has a character of the text; one without a range has all. */
export function covers(range: string, text: string): boolean {
  if (range === '') return true;
  const parts = range.split(',').map((part) => {
    const [first = '', last = first] = part.trim().slice(2).split('-');
    return [Number.parseInt(first.replaceAll('?', '0'), 16), Number.parseInt(last.replaceAll('?', 'F'), 16)] as const;
  });
  return Array.from(new Set(text), (character) => character.codePointAt(0) ?? 0).some((point) => parts.some(([first, last]) => first <= point && point <= last));
}

/** The faces that the page declares and the text needs. */
export function facesFor(text: string, declared: readonly Face[]): Face[] {
  return declared.filter(({ family, range }) => text.includes(family) && covers(range, text));
}

/** A sheet of another origin, which an extension of the browser brought, shows its rules to nobody. */
function rulesOf(sheet: CSSStyleSheet): CSSRule[] {
  try {
    return Array.from(sheet.cssRules);
  } catch {
    return [];
  }
}

/** All faces that the page's style sheets declare. */
export function declaredFaces(): Face[] {
  return Array.from(document.styleSheets).flatMap((sheet) => rulesOf(sheet).flatMap((rule): Face[] => {
    if (!(rule instanceof CSSFontFaceRule)) return [];
    const value = (property: string): string => rule.style.getPropertyValue(property);
    const file = /url\(["']?([^"')]+)/.exec(value('src'))?.[1];
    return file === undefined ? [] : [{ family: value('font-family').replaceAll(/["']/g, ''), weight: value('font-weight'), style: value('font-style'), range: value('unicode-range'), file: new URL(file, sheet.href ?? document.baseURI).href }];
  }));
}

/** The picture with what it needs of the page's fonts inside; where one cannot be read, a font of the system stands in. */
export async function withFonts(svg: string): Promise<string> {
  const rules = await Promise.all(facesFor(svg, declaredFaces()).map(async ({ family, weight, style, range, file }) => {
    const response = await fetch(file).catch(() => null);
    if (!response?.ok) return '';
    const bytes = new Uint8Array(await response.arrayBuffer());
    return `@font-face{font-family:'${family}';font-weight:${weight || 'normal'};font-style:${style || 'normal'};${range && `unicode-range:${range};`}src:url(data:font/woff2;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))})}`;
  }));
  return rules.length === 0 ? svg : svg.replace(/<svg[^>]*>/, (opening) => `${opening}<style>${rules.join('')}</style>`);
}
