import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Runs axe over what the page shows now, in both themes; the message names each rule and element. The window itself never scrolls, only what is in it. */
export async function expectAccessible(page: Page, screen: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // A busy machine shows the new theme a few frames later; colours on their way are nobody's text. Asked by state: what runs in a closed
    // `details` or a row out of sight ends, but Chromium never settles its promise while nobody sees it.
    await page.evaluate(async () => {
      for (let frame = 0; frame < 3; frame++) await new Promise((next) => requestAnimationFrame(next));
    });
    await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'));
    const beyond = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return { sideways: Math.max(scrollWidth, document.body.scrollWidth) - window.innerWidth, down: Math.max(scrollHeight, document.body.scrollHeight) - window.innerHeight };
    });
    expect(beyond, `pixels by which the window itself can be scrolled on ${screen}`).toEqual({ sideways: 0, down: 0 });
    // legacy: in the page itself, which has no frames; axe's other mode opens a second page for every look and takes twice as long
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).setLegacyMode().analyze();
    const found = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id} (${help}): ${node.target.join(' ')} — ${node.failureSummary?.split('\n').slice(1).join(';').trim() ?? ''}`));
    expect(found, `axe on ${screen}, ${colorScheme}`).toEqual([]);
  }
}
