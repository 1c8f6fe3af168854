/** Pictures that the window saves. */
import { readFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';

export interface Saved { svg: string; png: Buffer; csv: string }

/** Saves one figure in all three ways and returns the files' contents. */
export async function saveFigure(page: Page, figure: Locator): Promise<Saved> {
  const take = async (item: string): Promise<Buffer> => {
    await figure.getByRole('button', { name: /^Save/ }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: item }).click()]);
    return readFileSync(await download.path());
  };
  return { svg: (await take('Picture as SVG')).toString('utf8'), png: await take('Picture as PNG'), csv: (await take('Numbers as CSV')).toString('utf8') };
}

/** They stand alone, have the same size, and the dots are in the window's font, which a browser without the page has not. */
export async function expectPicture(page: Page, { svg, png, csv }: Saved): Promise<void> {
  expect(svg).toMatch(/^<\?xml[^>]*>\s*<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+"/);
  expect(svg).not.toMatch(/var\(|class=|NaN|https?:\/\/(?!www\.w3\.org)/);
  expect(svg).toContain('font-family=');
  expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
  expect(png.readUInt32BE(16)).toBe(2 * Number(/width="(\d+)"/.exec(svg)![1]));
  expect(csv.trimEnd().split('\r\n').length).toBeGreaterThan(1);
  const inOtherFonts = await page.evaluate(async (text) => {
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.naturalWidth * 2, height: image.naturalHeight * 2 });
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/png').slice('data:image/png;base64,'.length);
  }, svg);
  expect(png.equals(Buffer.from(inOtherFonts, 'base64')), 'the picture is drawn in a font of the system').toBe(false);
}
