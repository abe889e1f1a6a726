"""Arithmetic on floats in lists: the sun and two planets, for a while."""

SUN = 39.47841760435743


def run():
    bodies = [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, SUN],
        [4.84143144, -1.16032004, -0.10362204, 0.60632639, 2.81198684, -0.02521836, 0.03769367],
        [8.34336672, 4.12479856, -0.40352342, -1.01077435, 1.82566237, 0.00841576, 0.01128632],
    ]
    pairs = [(0, 1), (0, 2), (1, 2)]
    step = 0.001
    for _ in range(60_000):
        for first, second in pairs:
            a, b = bodies[first], bodies[second]
            x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
            pull = step * (x * x + y * y + z * z) ** -1.5
            of_a, of_b = a[6] * pull, b[6] * pull
            a[3] -= x * of_b
            a[4] -= y * of_b
            a[5] -= z * of_b
            b[3] += x * of_a
            b[4] += y * of_a
            b[5] += z * of_a
        for body in bodies:
            body[0] += step * body[3]
            body[1] += step * body[4]
            body[2] += step * body[5]
    return round(bodies[1][0], 6)
