/** Columns of shares. Inside they are shares of one; table and file write what the heading says. */
import { formatNumber, formatPoints } from '../../format/index.ts';
import type { FigureColumn } from './table.ts';

/** Without the tail that binary fractions leave: 0.07 is 7, not 7.000000000000001. */
const hundredfold = (share: number): number => Number((share * 100).toPrecision(15));

/** Shares of right answers and the like, in percent. */
export const percentColumn = (label: string): FigureColumn => ({ label: `${label}, %`, format: (share) => formatNumber(share * 100, { digits: 1 }), inFile: hundredfold });

/** Differences of two shares, in percentage points. */
const pointsColumn = (label: string): FigureColumn => ({ label: `${label}, points`, format: formatPoints, inFile: hundredfold });

/** A difference with the ends of its 95 % interval. */
export const gainColumns = (label = 'Gain'): FigureColumn[] => [pointsColumn(label), pointsColumn(`${label}, low`), pointsColumn(`${label}, high`)];
