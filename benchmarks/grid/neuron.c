/* R of the two-weight neuron on a P x P grid of weights, as a specialist writes it.
 *
 * factored: exponentials hoisted to (axis, row) tables, W neighbouring cells a vector with their seven moments in
 *           registers, seven-moment curvature in an orthogonal frame.
 * plain:    the same formulas with one exponential a cell and row, vectorised by libmvec over the rows.
 *
 * Compile with -DLOSS=0 -DORDER=n (mean power |f - t|^n, n even), -DLOSS=1 (L_p), -DLOSS=2 (cross-entropy).
 */
#include <math.h>
#include <stddef.h>

#ifndef LOSS
#define LOSS 0
#endif
#ifndef ORDER
#define ORDER 2
#endif
#define W 16

/* w = (dl/dz)^2 and p = dw/dz up to constants, from f, q = 1 - f and the target. */
#pragma omp declare simd
static inline void weights(double f, double q, double t, double *w, double *p) {
    double v = f * q, d = (1 - t) * f - t * q;
#if LOSS == 0
    double a = v;                 /* d^(n-1) v */
    for (int k = 1; k < ORDER; k++) a *= d;
    double b = v * v;             /* d^(2n-3) v^2 */
    for (int k = 0; k < 2 * ORDER - 3; k++) b *= d;
    *w = a * a;
    *p = b * ((ORDER - 1) * v + d * (q - f));
#elif LOSS == 1
    *w = v * v;
    *p = v * v * (q - f);
#else
    *w = d * d;
    *p = d * v;
#endif
}

#if LOSS == 0
#define SCALE_W(s) ((s) * (s) * ORDER * ORDER)
#define SCALE_P(s) (2 * (s) * (s) * (s) * ORDER * ORDER)
#else
#define SCALE_W(s) ((s) * (s))
#define SCALE_P(s) (2 * (s) * (s) * (s))
#endif

static inline double curvature(double a, double b, double c, double A, double B, double C, double D) {
    double l = b / a, e = c - l * b;
    double S1 = A, S2 = B - l * A, S3 = C - l * (2 * B - l * A), S4 = D - l * (3 * C - l * (3 * B - l * A));
    return ((S2 * S2 - S1 * S3) / a + (S3 * S3 - S2 * S4) / e) / (2 * a * e);
}

void factored(int P, int N, const double *th, const double *x, const double *y, const double *t, double slope,
              double *restrict R, double *restrict Ex, double *restrict Ey, double *restrict X) {
#pragma omp parallel
    {
#pragma omp for nowait
        for (int i = 0; i < P; i++)
            for (int n = 0; n < N; n++) Ex[(size_t)i * N + n] = exp(-slope * th[i] * x[n]);
#pragma omp for
        for (int n = 0; n < N; n++) {
            for (int j = 0; j < P; j++) Ey[(size_t)n * P + j] = exp(-slope * th[j] * y[n]);
            double *Z = X + 8 * (size_t)n;
            Z[0] = x[n] * x[n]; Z[1] = x[n] * y[n]; Z[2] = y[n] * y[n];
            Z[3] = Z[0] * x[n]; Z[4] = Z[0] * y[n]; Z[5] = Z[2] * x[n]; Z[6] = Z[2] * y[n]; Z[7] = t[n];
        }
#pragma omp for schedule(static)
        for (int jb = 0; jb < P; jb += W)
            for (int i = 0; i < P; i++) {
                double s[7][W] = {{0}};
                for (int n = 0; n < N; n++) {
                    const double ex = Ex[(size_t)i * N + n], *ey = Ey + (size_t)n * P + jb, *Z = X + 8 * (size_t)n;
                    double e[W], f[W];
#pragma omp simd
                    for (int j = 0; j < W / 2; j++) {   /* one division for two cells */
                        double a = 1 + (e[j] = ex * ey[j]), b = 1 + (e[j + W / 2] = ex * ey[j + W / 2]), r = 1 / (a * b);
                        f[j] = r * b; f[j + W / 2] = r * a;
                    }
#pragma omp simd
                    for (int j = 0; j < W; j++) {
                        double w, p;
                        weights(f[j], e[j] * f[j], Z[7], &w, &p);
                        s[0][j] += w * Z[0]; s[1][j] += w * Z[1]; s[2][j] += w * Z[2];
                        s[3][j] += p * Z[3]; s[4][j] += p * Z[4]; s[5][j] += p * Z[5]; s[6][j] += p * Z[6];
                    }
                }
                double k = SCALE_W(slope) / N, m = SCALE_P(slope) / N;
#pragma omp simd
                for (int j = 0; j < W; j++)
                    R[(size_t)i * P + jb + j] = curvature(k * s[0][j], k * s[1][j], k * s[2][j], m * s[3][j], m * s[4][j], m * s[5][j], m * s[6][j]);
            }
    }
}

void plain(int P, int N, const double *th, const double *x, const double *y, const double *t, double slope,
           double *restrict R, double *Ex, double *Ey, double *X) {
#pragma omp parallel for schedule(static)
    for (int i = 0; i < P; i++)
        for (int j = 0; j < P; j++) {
            double a = 0, b = 0, c = 0, A = 0, B = 0, C = 0, D = 0;
#pragma omp simd reduction(+ : a, b, c, A, B, C, D)
            for (int n = 0; n < N; n++) {
                double e = exp(-slope * (th[i] * x[n] + th[j] * y[n])), f = 1 / (1 + e), w, p;
                weights(f, e * f, t[n], &w, &p);
                a += w * x[n] * x[n]; b += w * x[n] * y[n]; c += w * y[n] * y[n];
                A += p * x[n] * x[n] * x[n]; B += p * x[n] * x[n] * y[n]; C += p * x[n] * y[n] * y[n]; D += p * y[n] * y[n] * y[n];
            }
            double k = SCALE_W(slope) / N, m = SCALE_P(slope) / N;
            R[(size_t)i * P + j] = curvature(k * a, k * b, k * c, m * A, m * B, m * C, m * D);
        }
}
