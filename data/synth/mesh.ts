/**
 * Surfaces as grids of points, and the rasteriser that finds what the camera sees of them.
 *
 * World axes: x to the right of the picture, y up, z towards the camera; the unit is half a head's
 * height and the origin is the middle of the head.
 *
 * @module
 */

export type Point = readonly [x: number, y: number, z: number];

/** A grid of points that wraps a body; rows go up, columns to the right as seen from outside. */
export interface Mesh {
  readonly rows: number;
  readonly columns: number;
  readonly points: Float32Array;
  /** Where each point sits on the body at rest, for paint. */
  readonly surface: Float32Array;
}

/** Builds a grid from two numbers that run from −1 to 1, upwards and to the right. */
export function gridMesh(
  rows: number,
  columns: number,
  at: (across: number, up: number) => { point: Point; surface: Point },
): Mesh {
  const points = new Float32Array(rows * columns * 3);
  const surface = new Float32Array(rows * columns * 3);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const up = 2 * row / (rows - 1) - 1;
      const across = 2 * column / (columns - 1) - 1;
      const vertex = at(across, up);
      const first = 3 * (row * columns + column);
      for (let axis = 0; axis < 3; axis++) {
        points[first + axis] = vertex.point[axis];
        surface[first + axis] = vertex.surface[axis];
      }
    }
  }
  return { rows, columns, points, surface };
}

/** The camera's half of an ellipsoid, and a little more. */
export function ellipsoidMesh(centre: Point, radii: Point): Mesh {
  return gridMesh(13, 19, (across, up) => {
    const azimuth = across * 1.9;
    const elevation = up * 1.55;
    const point: Point = [
      centre[0] + radii[0] * Math.sin(azimuth) * Math.cos(elevation),
      centre[1] + radii[1] * Math.sin(elevation),
      centre[2] + radii[2] * Math.cos(azimuth) * Math.cos(elevation),
    ];
    return { point, surface: point };
  });
}

export interface Pose {
  /** Radians; positive turns the face to the right of the picture, up, and clockwise. */
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

/** Turns a mesh about the origin. */
export function turn(mesh: Mesh, { yaw, pitch, roll }: Pose): Mesh {
  const [sinYaw, cosYaw] = [Math.sin(yaw), Math.cos(yaw)];
  const [sinPitch, cosPitch] = [Math.sin(pitch), Math.cos(pitch)];
  const [sinRoll, cosRoll] = [Math.sin(roll), Math.cos(roll)];
  const points = new Float32Array(mesh.points.length);
  for (let i = 0; i < points.length; i += 3) {
    const x = cosYaw * mesh.points[i] + sinYaw * mesh.points[i + 2];
    const turnedZ = cosYaw * mesh.points[i + 2] - sinYaw * mesh.points[i];
    const y = cosPitch * mesh.points[i + 1] + sinPitch * turnedZ;
    points[i] = cosRoll * x + sinRoll * y;
    points[i + 1] = cosRoll * y - sinRoll * x;
    points[i + 2] = cosPitch * turnedZ - sinPitch * mesh.points[i + 1];
  }
  return { ...mesh, points };
}

/** Unit normals, outwards, from the differences between neighbours in the grid. */
function normals({ rows, columns, points }: Mesh): Float32Array {
  const result = new Float32Array(points.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const above = 3 * (Math.min(row + 1, rows - 1) * columns + column);
      const below = 3 * (Math.max(row - 1, 0) * columns + column);
      const right = 3 * (row * columns + Math.min(column + 1, columns - 1));
      const left = 3 * (row * columns + Math.max(column - 1, 0));
      const ax = points[right] - points[left];
      const ay = points[right + 1] - points[left + 1];
      const az = points[right + 2] - points[left + 2];
      const ux = points[above] - points[below];
      const uy = points[above + 1] - points[below + 1];
      const uz = points[above + 2] - points[below + 2];
      const nx = ay * uz - az * uy;
      const ny = az * ux - ax * uz;
      const nz = ax * uy - ay * ux;
      const length = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1;
      const first = 3 * (row * columns + column);
      result[first] = nx / length;
      result[first + 1] = ny / length;
      result[first + 2] = nz / length;
    }
  }
  return result;
}

/** Where the camera stands: straight ahead of the origin, `distance` away. */
export interface Viewpoint {
  readonly distance: number;
  /** Pixels per unit at the origin's distance. */
  readonly scale: number;
  /** Where the origin appears, in pixels. */
  readonly centreX: number;
  readonly centreY: number;
}

/** What each pixel sees: nothing (`mesh` −1), or a place on a surface. */
export interface Visible {
  readonly size: number;
  readonly mesh: Int8Array;
  readonly z: Float32Array;
  readonly normal: Float32Array;
  readonly surface: Float32Array;
}

/** Finds the nearest surface at every pixel of a square picture (z-buffer). */
export function rasterise(meshes: readonly Mesh[], view: Viewpoint, size: number): Visible {
  const visible: Visible = {
    size,
    mesh: new Int8Array(size * size).fill(-1),
    z: new Float32Array(size * size).fill(-Infinity),
    normal: new Float32Array(size * size * 3),
    surface: new Float32Array(size * size * 3),
  };
  meshes.forEach((mesh, index) => {
    const attributes = vertexAttributes(mesh, view);
    for (let row = 0; row + 1 < mesh.rows; row++) {
      for (let column = 0; column + 1 < mesh.columns; column++) {
        const corner = row * mesh.columns + column;
        const above = corner + mesh.columns;
        drawTriangle(visible, index, attributes, corner, corner + 1, above + 1);
        drawTriangle(visible, index, attributes, corner, above + 1, above);
      }
    }
  });
  return visible;
}

/** Per vertex: column and row in the picture, z, the normal, the place on the body. */
const ATTRIBUTES = 9;

function vertexAttributes(mesh: Mesh, view: Viewpoint): Float32Array {
  const normal = normals(mesh);
  const count = mesh.rows * mesh.columns;
  const attributes = new Float32Array(count * ATTRIBUTES);
  for (let i = 0; i < count; i++) {
    const z = mesh.points[3 * i + 2];
    const perspective = view.scale * view.distance / (view.distance - z);
    const at = i * ATTRIBUTES;
    attributes[at] = view.centreX + perspective * mesh.points[3 * i];
    attributes[at + 1] = view.centreY - perspective * mesh.points[3 * i + 1];
    attributes[at + 2] = z;
    for (let axis = 0; axis < 3; axis++) {
      attributes[at + 3 + axis] = normal[3 * i + axis];
      attributes[at + 6 + axis] = mesh.surface[3 * i + axis];
    }
  }
  return attributes;
}

function drawTriangle(
  visible: Visible,
  mesh: number,
  attributes: Float32Array,
  first: number,
  second: number,
  third: number,
): void {
  const a = first * ATTRIBUTES;
  const b = second * ATTRIBUTES;
  const c = third * ATTRIBUTES;
  const ax = attributes[a];
  const ay = attributes[a + 1];
  const bx = attributes[b];
  const by = attributes[b + 1];
  const cx = attributes[c];
  const cy = attributes[c + 1];
  const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
  const facesAway = area >= 0;
  if (facesAway) return;

  const { size } = visible;
  const left = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
  const right = Math.min(size - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
  const top = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
  const bottom = Math.min(size - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const x = column + 0.5;
      const y = row + 0.5;
      const weightB = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area;
      const weightC = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area;
      const weightA = 1 - weightB - weightC;
      if (weightA < 0 || weightB < 0 || weightC < 0) continue;
      const z = weightA * attributes[a + 2] + weightB * attributes[b + 2] +
        weightC * attributes[c + 2];
      const pixel = row * size + column;
      if (z <= visible.z[pixel]) continue;
      visible.z[pixel] = z;
      visible.mesh[pixel] = mesh;
      for (let axis = 0; axis < 3; axis++) {
        visible.normal[3 * pixel + axis] = weightA * attributes[a + 3 + axis] +
          weightB * attributes[b + 3 + axis] + weightC * attributes[c + 3 + axis];
        visible.surface[3 * pixel + axis] = weightA * attributes[a + 6 + axis] +
          weightB * attributes[b + 6 + axis] + weightC * attributes[c + 6 + axis];
      }
    }
  }
}
