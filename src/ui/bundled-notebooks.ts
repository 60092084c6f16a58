/** The studies and lessons that come with amuro, in the order of the shelf: a new file in notebooks/ is a line here. */
import amuroAndChar from '../../notebooks/amuro-and-char.html?raw';
import publishedTrajectory from '../../notebooks/published-trajectory.html?raw';

/** Source by id; the id is the file's name without its ending. */
export const bundledNotebooks: ReadonlyMap<string, string> = new Map([
  ['amuro-and-char', amuroAndChar],
  ['published-trajectory', publishedTrajectory],
]);
