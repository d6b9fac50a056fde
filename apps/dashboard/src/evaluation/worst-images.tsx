import type { WrongImage } from '@layerline/api';
import { significant } from '../format.js';
import { lookLink } from '../look/look-link.js';
import { Picture } from './picture.js';

interface WorstImagesProps {
  readonly run: string;
  readonly images: readonly WrongImage[];
  /** What people call each class. */
  readonly classes: readonly string[];
}

/** Test images that the network got wrong by the greatest margin, with what it saw in them. */
export function WorstImages({ run, images, classes }: WorstImagesProps) {
  if (images.length === 0) return <p class="empty">Every test image was recognized.</p>;
  return (
    <ul class="worst">
      {images.map(({ index, label, predicted, margin, picture }) => (
        <li key={index}>
          <a href={lookLink(run, index)} title="Look at what each layer makes of it">
            <Picture picture={picture} label={`Test image ${index}: look inside`} />
          </a>
          <p>
            <span class="worst-label">{classes[label] ?? label}</span>
            <span class="dim"> taken for </span>
            <span class="worst-predicted">{classes[predicted] ?? predicted}</span>
          </p>
          <p class="dim">
            #{index}, by {significant(margin)}
          </p>
        </li>
      ))}
    </ul>
  );
}
