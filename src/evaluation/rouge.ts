/**
 * ROUGE-L as google-research/rouge computes it without stemming (`rouge_scorer.py`, `tokenize.py`), which is what
 * Hugging Face `evaluate`'s `rouge` reports: F1 of the longest common subsequence of words.
 */

/** Lower-cased runs of ASCII letters and digits; everything else separates, letters with accents too. */
export function rougeWords(text: string): readonly string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/** F1 = 2PR / (P + R) with P = LCS / |prediction| and R = LCS / |reference|, in [0, 1]; 0 where either is empty. */
export function rougeL(prediction: string, reference: string): number {
  const predicted = rougeWords(prediction);
  const expected = rougeWords(reference);
  const common = longestCommonSubsequence(predicted, expected);
  if (common === 0) return 0;
  const precision = common / predicted.length;
  const recall = common / expected.length;
  return (2 * precision * recall) / (precision + recall);
}

function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  // lengths[j]: of the words of `a` so far and the first j of `b`.
  const lengths = new Uint32Array(b.length + 1);
  for (const word of a) {
    let diagonal = 0;
    for (let j = 1; j <= b.length; j++) {
      const above = lengths[j]!;
      lengths[j] = word === b[j - 1] ? diagonal + 1 : Math.max(above, lengths[j - 1]!);
      diagonal = above;
    }
  }
  return lengths[b.length]!;
}
