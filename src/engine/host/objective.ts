/** The objective of one given sequence, its parts and its gradient: the command line's `objective` (svf_expected.json). */
import { SingularError } from '../../shared/errors.ts';
import type { ZVectors } from '../../shared/matrices.ts';
import type { LoadedModel } from '../runtime/loaded-model.ts';
import { logitsOf } from '../runtime/score.ts';
import { objective } from '../train/objective.ts';
import type { ObjectiveRequest, ObjectiveResult } from './protocol.ts';

export async function givenObjective(model: LoadedModel, request: ObjectiveRequest): Promise<ObjectiveResult> {
  const { ids, promptTokens, reward, klCoefficient } = request;
  const outside = ids.find((id) => id >= model.config.vocabularySize);
  if (outside !== undefined) throw new SingularError('bad-input', `ids holds ${outside}; the model's vocabulary has ${model.config.vocabularySize} tokens.`);
  if (promptTokens < 1 || promptTokens >= ids.length) throw new SingularError('bad-input', `promptTokens is ${promptTokens}; it must leave at least one prompt and one answer token of the ${ids.length} ids.`);
  // every matrix has a gradient, also one that the request leaves at the base
  const z: ZVectors = Object.fromEntries(model.checkpoint.matrices.map(({ name, rank }) => [name, new Float32Array(rank).fill(1)]));
  for (const [name, values] of Object.entries(request.z)) {
    if (!(name in z)) throw new SingularError('conflict', `The model has no matrix ${name}.`);
    if (values.length !== z[name].length) throw new SingularError('conflict', `z of ${name} has ${values.length} values; the matrix has ${z[name].length} singular values.`);
    z[name] = Float32Array.from(values);
  }
  const sequence = { prompt: ids.slice(0, promptTokens), answer: ids.slice(promptTokens) };
  const sums = await objective(model, z, [{ ...sequence, weight: reward, klWeight: klCoefficient }], { klDirection: 'policy-base', gradient: request.gradient });
  // the logits after the last token
  const lastLogits = await logitsOf(model, [{ prompt: ids, answer: [0] }], { kind: 'shared', z });
  return {
    lastLogits: [...lastLogits],
    logLikelihood: sums.logLikelihood[0],
    klPolicyBase: sums.klPolicyBase[0],
    klBasePolicy: sums.klBasePolicy[0],
    objective: reward * sums.logLikelihood[0] - klCoefficient * sums.klPolicyBase[0],
    ...(request.gradient && { gradient: Object.fromEntries([...sums.gradient].map(([name, values]) => [name, [...values]])) }),
  };
}
