import { describe, expect, it } from 'vitest';
import { ProgressMeter } from '../../src/experiments/progress-meter.ts';

function meterAt(): { meter: ProgressMeter; at: (seconds: number) => void } {
  let now = 0;
  return { meter: new ProgressMeter(() => now), at: (seconds) => (now = seconds) };
}

describe('the progress meter', () => {
  it('knows nothing before two different samples', () => {
    const { meter, at } = meterAt();
    expect(meter.secondsLeft(10)).toBeNull();
    meter.add(1, 100);
    expect(meter.tokensPerSecond()).toBeNull();
    meter.add(1, 100);
    at(5);
    meter.add(1, 100);
    expect(meter.tokensPerSecond()).toBeNull();
    expect(meter.secondsLeft(10)).toBeNull();
  });

  it('gives the rate since its window began and the time that what is left takes', () => {
    const { meter, at } = meterAt();
    meter.add(10, 1000);
    at(4);
    meter.add(18, 1800);
    expect(meter.tokensPerSecond()).toBe(200);
    expect(meter.secondsLeft(38)).toBe(10);
    expect(meter.secondsLeft(18)).toBe(0);
  });

  it('forgets what is more than half a minute old', () => {
    const { meter, at } = meterAt();
    for (let second = 0; second <= 100; second += 10) {
      at(second);
      meter.add(second <= 50 ? second : 50 + (second - 50) * 3, 0);
    }
    expect(meter.secondsLeft(203)).toBeCloseTo(1);
  });

  it('starts anew when work goes backwards or after a rest', () => {
    const { meter, at } = meterAt();
    meter.add(100, 100);
    at(1);
    meter.add(200, 200);
    meter.add(50, 50);
    expect(meter.tokensPerSecond()).toBeNull();
    at(2);
    meter.add(60, 60);
    expect(meter.tokensPerSecond()).toBe(10);
    meter.restart();
    expect(meter.tokensPerSecond()).toBeNull();
  });
});
