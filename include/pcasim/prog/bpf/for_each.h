/* SPDX-License-Identifier: MIT */
/*
 * Macros about lists of up to 12 arguments: how many there are, and one expression
 * for each.
 */
#ifndef PCASIM_PROG_FOR_EACH_H
#define PCASIM_PROG_FOR_EACH_H

#define PCA_JOIN_(a, b) PCA_JOIN_NOW_(a, b)
#define PCA_JOIN_NOW_(a, b) a##b

#define PCA_COUNT_(...) PCA_COUNT_NOW_(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define PCA_COUNT_NOW_(_, a, b, c, d, e, f, g, h, i, j, k, l, n, ...) n

/* f(1st), f(2nd), ... */
#define PCA_EACH_(f, ...) PCA_JOIN_(PCA_EACH_, PCA_COUNT_(__VA_ARGS__))(f, ##__VA_ARGS__)
#define PCA_EACH_0(f)
#define PCA_EACH_1(f, x) f(x)
#define PCA_EACH_2(f, x, ...) f(x), PCA_EACH_1(f, __VA_ARGS__)
#define PCA_EACH_3(f, x, ...) f(x), PCA_EACH_2(f, __VA_ARGS__)
#define PCA_EACH_4(f, x, ...) f(x), PCA_EACH_3(f, __VA_ARGS__)
#define PCA_EACH_5(f, x, ...) f(x), PCA_EACH_4(f, __VA_ARGS__)
#define PCA_EACH_6(f, x, ...) f(x), PCA_EACH_5(f, __VA_ARGS__)
#define PCA_EACH_7(f, x, ...) f(x), PCA_EACH_6(f, __VA_ARGS__)
#define PCA_EACH_8(f, x, ...) f(x), PCA_EACH_7(f, __VA_ARGS__)
#define PCA_EACH_9(f, x, ...) f(x), PCA_EACH_8(f, __VA_ARGS__)
#define PCA_EACH_10(f, x, ...) f(x), PCA_EACH_9(f, __VA_ARGS__)
#define PCA_EACH_11(f, x, ...) f(x), PCA_EACH_10(f, __VA_ARGS__)
#define PCA_EACH_12(f, x, ...) f(x), PCA_EACH_11(f, __VA_ARGS__)

#endif
