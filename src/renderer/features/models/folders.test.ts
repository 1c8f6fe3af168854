import { describe, expect, it } from 'vitest';
import { folderOf } from './folders.ts';

const file = (name: string, relative = ''): File => ({ name, webkitRelativePath: relative }) as File;

describe('the folder behind dropped or picked files', () => {
  it('is the dropped entry itself', async () => {
    expect(await folderOf([file('tiny')], async () => '/models/tiny')).toBe('/models/tiny');
  });
  it('is found above the files of a picked folder, however deep the first one lies', async () => {
    expect(await folderOf([file('a.json', 'tiny/a.json')], async () => '/models/tiny/a.json')).toBe('/models/tiny');
    expect(await folderOf([file('b', 'tiny/sub/b')], async () => 'C:\\models\\tiny\\sub\\b')).toBe('C:\\models\\tiny');
  });
  it('is the folder of one dropped file of a checkpoint', async () => {
    expect(await folderOf([file('config.json')], async () => '/models/tiny/config.json')).toBe('/models/tiny');
  });
});
