/** Tasks in the window, by keyboard alone where it matters: changed, stored, used by every set-up screen, renamed and removed. */
import { expect, expectAccessible, test } from './fixtures.ts';
import type { RunningShell } from './shell.ts';

test.use({ homeName: 'tasks' });
test.describe.configure({ mode: 'serial' });

/** What is stored under a name, asked until it is what is expected: the window may show a name a moment before it is stored. */
function expectStored(shell: RunningShell, name: string) {
  return expect.poll(async () => (await shell.call('tasks.list', {})).find((task) => task.name === name));
}
async function bundled(shell: RunningShell): Promise<void> {
  await expect.poll(async () => (await shell.call('tasks.list', {})).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(6);
}

test('a bundled task is asked another way and stored under a name, without a mouse', async ({ desk, page, shell }) => {
  await bundled(shell);
  await desk.goTo('Train');
  await expect(page.getByRole('list', { name: /^Or a task/ }).getByRole('listitem')).toHaveCount(6);
  await expectAccessible(page, 'Train with its tasks');
  await page.getByRole('button', { name: /^math / }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: /^Task/ })).toContainText('math');
  await expect(page.getByRole('button', { name: 'Save as task…' })).toHaveCount(0);
  const parts = page.getByText('Dataset, template, grader and splits');
  await parts.focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Prompt template').focus();
  await page.keyboard.type('Briefly: {prompt}');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('group', { name: 'Row 1 in full' })).toContainText('Briefly: ');
  await page.getByRole('combobox', { name: /^Splits/ }).focus();
  await page.keyboard.press('Enter');
  const highlighted = page.locator('[role="option"][data-highlighted]');
  const present = await highlighted.innerText();
  await page.keyboard.press('ArrowDown');
  await expect(highlighted).not.toHaveText(present);
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('To test on')).toHaveValue('0.2');
  await expect(page.getByText('Differs from the stored task “math”.')).toBeVisible();
  await expectAccessible(page, 'a task with everything open');
  await page.getByRole('button', { name: 'Save as task…' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Name of the task' })).toBeFocused();
  await expectAccessible(page, 'a task being stored');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('terse');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: /^Task/ })).toContainText('terse');
  await expect(page.getByRole('button', { name: 'Save as task…' })).toHaveCount(0);
  await expectStored(shell, 'terse').toMatchObject({ source: 'saved', datasetName: 'math', grader: 'number', mapping: { template: 'Briefly: {prompt}' }, splits: { by: 'shares', validation: 0.25, test: 0.2, seed: 0 } });
  await expectStored(shell, 'math').toMatchObject({ source: 'bundled', splits: { by: 'dataset' } });
});

test('a file is stored as a task before anything is trained on it', async ({ desk, page, shell }) => {
  await bundled(shell);
  await desk.goTo('Train');
  const rows = Array.from({ length: 6 }, (_, row) => JSON.stringify({ prompt: `Say ${row}`, answer: String(row) }));
  await page.getByLabel('A file to train on').setInputFiles({ name: 'say.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(rows.join('\n')) });
  await expect(page.getByText('Not a stored task yet.')).toBeVisible();
  await page.getByRole('radio', { name: 'Exact', exact: true }).check({ force: true });
  await page.getByRole('button', { name: 'Save as task…' }).click();
  await expect(page.getByRole('textbox', { name: 'Name of the task' })).toHaveValue('say');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('combobox', { name: /^Task/ })).toContainText('say');
  await expectStored(shell, 'say').toMatchObject({ grader: 'exact', rows: 6 });
});

test('a search and a comparison begin with a task; the grader is the same control everywhere', async ({ desk, page, shell }) => {
  await desk.goTo('Adapt');
  await page.getByRole('link', { name: 'Adapt to a task' }).click();
  await expect(page.getByRole('combobox', { name: /^Task/ })).toContainText('math-hard');
  await page.getByRole('combobox', { name: /^Task/ }).click();
  await page.getByRole('option', { name: /^terse/ }).click();
  await expect(page.getByLabel('Name of the search and its mix')).toHaveValue(/^terse, \d+ examples$/);
  await page.getByText('Dataset, template, grader and splits').click();
  await expect(page.getByRole('radio', { name: 'Number', exact: true })).toBeChecked();
  await expect(page.getByLabel('Prompt template')).toHaveValue('Briefly: {prompt}');
  await page.getByRole('radio', { name: 'Contains', exact: true }).check({ force: true });
  await page.getByLabel('Text', { exact: true }).fill('4');
  await expect(page.getByText('Differs from the stored task “terse”.')).toBeVisible();
  await expectAccessible(page, 'a new search with its task open');
  await page.getByRole('button', { name: 'As stored' }).click();
  await expect(page.getByRole('radio', { name: 'Number', exact: true })).toBeChecked();

  await desk.goTo('Compare');
  await page.getByRole('button', { name: 'Put one together' }).click();
  const tasks = page.getByRole('region', { name: /^Tasks/ });
  await expect(tasks.getByRole('checkbox', { name: /^math\b(?!-)/ })).toBeChecked();
  await tasks.getByRole('checkbox', { name: /^terse/ }).check();
  await expect(page.getByRole('group', { name: 'Trainings of the plan' })).toContainText('terse');
  await tasks.getByText('Another one, made from one of these').click();
  await tasks.getByRole('combobox', { name: /^Task/ }).click();
  await page.getByRole('option', { name: /^code\b(?!-)/ }).click();
  await tasks.getByText('Raw prompts, without the chat template').click();
  await expectAccessible(page, 'a new comparison with a task of its own');
  await tasks.getByRole('button', { name: 'Save as task…' }).click();
  await page.getByRole('textbox', { name: 'Name of the task' }).fill('raw code');
  await page.keyboard.press('Enter');
  await expect(tasks.getByRole('checkbox', { name: /^raw code/ })).toBeChecked();
  await expectStored(shell, 'raw code').toMatchObject({ datasetName: 'code', grader: 'python', raw: true });
});

test('a task is renamed and removed where tasks are listed', async ({ desk, page, shell }) => {
  await desk.goTo('Train');
  await page.getByRole('button', { name: 'More for terse' }).click();
  await page.getByRole('menuitem', { name: 'Rename…' }).click();
  await page.getByRole('textbox', { name: 'Name of the task' }).fill('math');
  await page.keyboard.press('Enter');
  await expect(page.getByText('A task named “math” is already there; choose another name.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Name of the task' }).fill('curt');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'More for curt' })).toBeVisible();
  await page.getByRole('button', { name: 'More for curt' }).click();
  await page.getByRole('menuitem', { name: 'Remove…' }).click();
  await expectAccessible(page, 'a task being removed');
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByRole('button', { name: 'More for curt' })).toHaveCount(0);
  await expectStored(shell, 'curt').toBeUndefined();
});
