/** `tasks` and `taskPreview`: what can be trained for and measured, and what its items read like. */
import type { TaskInfo, TaskItemPreview } from '../../worker/protocol.ts';
import { View, type Builtin } from '../builtins.ts';
import { element } from '../element.ts';

export const tasks: Builtin<() => Promise<readonly TaskInfo[]>> = {
  signature: 'tasks()',
  doc: 'The tasks there are: metric, prompt formats, test sets, chance level, licence.',
  bind: (cell) => () => cell.engine.request('tasks.list', {}),
};

type TaskPreview = (
  task: string,
  options?: { readonly format?: string; readonly items?: number; readonly seed?: number },
) => Promise<View<readonly TaskItemPreview[]>>;

export const taskPreview: Builtin<TaskPreview> = {
  signature: 'taskPreview(task, {format: "default", items: 3, seed: 0})',
  doc: 'A few training items as the model reads them: the prompt, and marked in it the completion that the loss is taken on.',
  bind:
    (cell) =>
    async (task, { format = 'default', items = 3, seed = 0 } = {}) => {
      const found = await cell.engine.request('tasks.preview', { task, format, items, seed });
      return new View(found, () => element('div', 'documents', ...found.map(showItem)));
    },
};

function showItem({ prompt, completion }: TaskItemPreview): HTMLElement {
  return element('pre', 'document item', prompt, element('mark', '', completion));
}
