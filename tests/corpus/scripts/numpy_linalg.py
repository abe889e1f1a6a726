import numpy as np

np.set_printoptions(precision=6, suppress=True)
a = np.array([[4.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 4.0]])
b = np.array([11.0, -16.0, 17.0])
print("solve", np.linalg.solve(a, b))
print("inv", np.linalg.inv(a), sep="\n")
print("det", round(np.linalg.det(a), 6))
print("eigvalsh", np.linalg.eigvalsh(a))
values, vectors = np.linalg.eig(np.array([[0.0, 1.0], [-1.0, 0.0]]))
print("eig", values)
print("A v = lambda v", np.allclose(np.array([[0, 1], [-1, 0]]) @ vectors, vectors * values))
m = np.arange(12.0).reshape(3, 4)
u, s, vt = np.linalg.svd(m)
print("svd", s, np.allclose(u[:, :3] * s @ vt[:3], m))
q, r = np.linalg.qr(m.T)
print("qr", np.allclose(q @ r, m.T), np.allclose(q.T @ q, np.eye(3)))
print("cholesky", np.linalg.cholesky(a), sep="\n")
print("lstsq", np.linalg.lstsq(np.vander([1.0, 2, 3, 4], 2), [6.0, 5, 7, 10])[0])
print("pinv", np.linalg.pinv(m), sep="\n")
print("rank", np.linalg.matrix_rank(m), "norm", round(float(np.linalg.norm(m)), 6))
print("power", np.linalg.matrix_power(np.array([[1, 1], [1, 0]]), 10).tolist())
for singular in [np.zeros((2, 2)), np.ones((3, 3))]:
    for function in np.linalg.inv, lambda m: np.linalg.solve(m, np.ones(len(m))):
        try:
            print(function(singular))
        except np.linalg.LinAlgError as error:
            print("LinAlgError:", error)
try:
    np.linalg.cholesky(-np.eye(2))
except np.linalg.LinAlgError as error:
    print("LinAlgError:", error)
big = np.random.default_rng(7).standard_normal((120, 120))
print("big", np.allclose(np.linalg.inv(big) @ big, np.eye(120)))
c = big[:40, :40] + 1j * big[40:80, 40:80]
print("complex", np.allclose(np.linalg.solve(c, c @ np.ones(40)), np.ones(40)))
