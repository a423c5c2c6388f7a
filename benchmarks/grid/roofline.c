/* What this machine gives: fused multiply-adds, divisions and bytes a second, over all threads. */
typedef double v8 __attribute__((vector_size(64)));

double multiply_adds(long n) {      /* 2 * 8 * 12 flops a step and thread */
    double total = 0;
#pragma omp parallel reduction(+ : total)
    {
        v8 a[12], b = {1e-9, 1e-9, 1e-9, 1e-9, 1e-9, 1e-9, 1e-9, 1e-9}, c = b + 0.999999999;
        for (int k = 0; k < 12; k++) a[k] = b * k;
        for (long i = 0; i < n; i++)
            for (int k = 0; k < 12; k++) a[k] = a[k] * c + b;
        for (int k = 0; k < 12; k++) total += a[k][0];
    }
    return total;
}

double divisions(long n) {          /* 8 * 4 divisions a step and thread */
    double total = 0;
#pragma omp parallel reduction(+ : total)
    {
        v8 a[4], one = {1, 1, 1, 1, 1, 1, 1, 1};
        for (int k = 0; k < 4; k++) a[k] = one * (k + 1.5);
        for (long i = 0; i < n; i++)
            for (int k = 0; k < 4; k++) { a[k] = one / a[k]; __asm__ volatile("" : "+v"(a[k])); }
        for (int k = 0; k < 4; k++) total += a[k][0];
    }
    return total;
}

void fill(double *x, long n, double value) {   /* 8 bytes an element written */
#pragma omp parallel for simd schedule(static)
    for (long i = 0; i < n; i++) x[i] = value;
}
