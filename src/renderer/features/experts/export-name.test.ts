import { describe, expect, it } from 'vitest';
import { exportName } from './export-name.ts';

describe('the file name of an export', () => {
  it.each([
    ['math', 'math'],
    ['units (copy)', 'units-copy'],
    ['../../etc/passwd', 'etc-passwd'],
    ['größer als 2', 'größer-als-2'],
    ['  ', 'expert'],
    ['.hidden', 'hidden'],
  ])('of %s is %s', (name, expected) => expect(exportName(name)).toBe(expected));
});
