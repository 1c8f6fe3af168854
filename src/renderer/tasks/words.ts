/** Tasks in words. */
import type { TaskDto } from '../../shared/task.ts';
import { formatNumber } from '../format/index.ts';

/** The grader's kind; its text would fill the line. */
const graderWord = (grader: string): string => grader.split(':', 1)[0];

export const taskAbout = ({ name, datasetName, rows, grader }: Pick<TaskDto, 'name' | 'datasetName' | 'rows' | 'grader'>): string =>
  `${datasetName === name ? '' : `${datasetName} · `}${formatNumber(rows)} rows · graded by ${graderWord(grader)}`;
