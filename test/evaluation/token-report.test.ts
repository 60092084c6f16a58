import { describe, expect, it } from 'vitest';
import { reportToken } from '../../src/evaluation/token-report.ts';

const logits = Float32Array.of(1, 3, 2, 3, -Infinity);
const total = Math.log(Math.exp(1) + 2 * Math.exp(3) + Math.exp(2));

describe('reportToken', () => {
  it('gives the probability, the rank and the likeliest others', () => {
    const { id, rank, logProbability, alternatives } = reportToken(logits, 2, 3);
    expect([id, rank]).toEqual([2, 3]);
    expect(logProbability).toBeCloseTo(2 - total, 12);
    expect(alternatives.map((other) => other.id)).toEqual([1, 3, 2]);
    expect(alternatives[0]!.logProbability).toBeCloseTo(3 - total, 12);
  });

  it('ranks the smaller id first among equals', () => {
    expect([1, 3].map((id) => reportToken(logits, id, 0).rank)).toEqual([1, 2]);
  });

  it('gives the entropy in nats', () => {
    const p = [1, 3, 2, 3].map((logit) => Math.exp(logit - total));
    const entropy = -p.reduce((sum, value) => sum + value * Math.log(value), 0);
    expect(reportToken(logits, 0, 0).entropy).toBeCloseTo(entropy, 12);
    expect(reportToken(new Float32Array(8), 0, 0).entropy).toBeCloseTo(Math.log(8), 12);
    expect(reportToken(Float32Array.of(0, 200), 1, 0).entropy).toBeCloseTo(0, 12);
  });

  it('lists the whole vocabulary where more are asked for', () => {
    expect(reportToken(logits, 0, 20).alternatives.map((other) => other.id)).toEqual([1, 3, 2, 0, 4]);
  });
});
