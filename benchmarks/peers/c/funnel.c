/* The plan in C, three ways: per visitor; table-driven ("hybrid"); path classes collapsed.
 *
 * One generator per call (xoshiro256++, Blackman and Vigna 2021), alias tables of a power of two
 * (Walker 1977), normals by ziggurat (Marsaglia and Tsang 2000; layers as in Doornik 2005).
 * Outputs: double [trial][quarter][metric]; metrics are the stages before the win, wins, bookings, slips.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t threshold; /* keep this cell when the low bits are below it */
    int32_t here, alias;
} cell;

typedef struct {
    const cell *cells;
    int32_t bits; /* there are 1 << bits cells */
    int32_t unused;
} table;

typedef struct {
    int32_t weeks, start, quarters, stages; /* stages before the win */
    int32_t limit, arrivals_shared; /* one table for all weeks */
    int64_t room; /* for those who go on past the first stage, in a trial */
    const double *rates;   /* stages: into the second stage, ..., into the win */
    const table *arrive;   /* per week: number of arrivals */
    const table *engage;   /* per week: arrivals that go on (hybrid) */
    const table *pass;     /* per week: arrivals that do not (hybrid) */
    const table *lag;      /* stages: weeks into the next stage */
    const table *step;     /* by stage entered: 2 * weeks to here + goes on */
    const table *delay;    /* weeks of a slip, from 1 */
    double slip, factor, mu, sigma;
} plan;

typedef struct {
    uint64_t s[4];
} rng;

static inline uint64_t rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static inline uint64_t next(rng *r) {
    uint64_t *s = r->s, result = rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3]; s[2] ^= t; s[3] = rotl(s[3], 45);
    return result;
}

static void seed(rng *r, uint64_t key) {
    for (int i = 0; i < 4; i++) {
        uint64_t z = (key += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        r->s[i] = z ^ (z >> 31);
    }
}

static inline double uniform(rng *r) { return (next(r) >> 11) * 0x1p-53; }

/* High bits pick the cell, the 48 low bits decide between it and its alias. */
static inline int32_t draw(rng *r, const table *t) {
    uint64_t u = next(r);
    const cell *c = t->cells + (t->bits ? u >> (64 - t->bits) : 0);
    int32_t keep = -(int32_t)((u & 0xffffffffffffULL) < c->threshold); /* a mask: compilers would branch */
    return (c->here & keep) | (c->alias & ~keep);
}

#define LAYERS 256
#define TAIL 3.6541528853610088
static double edge[LAYERS + 1], ratio[LAYERS];

void prepare(void) {
    const double area = 0.00492867323399;
    double f = exp(-0.5 * TAIL * TAIL);
    edge[0] = area / f;
    edge[1] = TAIL;
    edge[LAYERS] = 0;
    for (int i = 2; i < LAYERS; i++) {
        edge[i] = sqrt(-2 * log(area / edge[i - 1] + f));
        f = exp(-0.5 * edge[i] * edge[i]);
    }
    for (int i = 0; i < LAYERS; i++) ratio[i] = edge[i + 1] / edge[i];
}

static double normal(rng *r) {
    for (;;) {
        uint64_t bits = next(r);
        int i = bits & (LAYERS - 1);
        double u = ((int64_t)bits >> 11) * 0x1p-52;
        if (fabs(u) < ratio[i]) return u * edge[i];
        if (i == 0) {
            double x, y;
            do {
                x = log(1 - uniform(r)) / TAIL;
                y = log(1 - uniform(r));
            } while (-2 * y < x * x);
            return u < 0 ? x - TAIL : TAIL - x;
        }
        double x = u * edge[i];
        double f0 = exp(-0.5 * (edge[i] * edge[i] - x * x)), f1 = exp(-0.5 * (edge[i + 1] * edge[i + 1] - x * x));
        if (f1 + uniform(r) * (f0 - f1) < 1.0) return x;
    }
}

static inline const table *of_week(const plan *p, const table *t, int week) {
    return t + (p->arrivals_shared ? 0 : week);
}

/* A deal from its due week on: slips, then won or lost. */
static inline void decide(const plan *p, rng *r, double *out, int due) {
    const int width = p->stages + 3, wins = p->stages;
    double rate = p->rates[p->stages - 1];
    for (int slipped = 0; due < p->weeks; slipped++) {
        double *cell = due >= p->start ? out + (due - p->start) / 13 * width + wins : NULL;
        double fate = uniform(r);
        if (fate >= p->slip) {
            if (fate < p->slip + (1 - p->slip) * rate && cell) {
                cell[0] += 1;
                cell[1] += exp(p->mu + p->sigma * normal(r));
            }
            return;
        }
        if (slipped == p->limit) return;
        if (cell) cell[2] += 1;
        due += draw(r, p->delay);
        rate *= p->factor;
    }
}

void play_visitors(const plan *p, uint64_t key, int64_t trials, double *out) {
    const int width = p->stages + 3, last = p->stages - 1;
    rng generator, *r = &generator;
    seed(r, key);
    memset(out, 0, sizeof(double) * trials * p->quarters * width);
    for (int64_t trial = 0; trial < trials; trial++, out += p->quarters * width) {
        for (int week = 0; week < p->weeks; week++) {
            int number = draw(r, of_week(p, p->arrive, week));
            if (week >= p->start) out[(week - p->start) / 13 * width] += number;
            for (int i = 0; i < number; i++) {
                int at = week, stage = 0;
                while (stage < last && uniform(r) < p->rates[stage]) {
                    at += draw(r, p->lag + stage);
                    if (at >= p->weeks) break;
                    stage++;
                    if (at >= p->start) out[(at - p->start) / 13 * width + stage] += 1;
                }
                if (stage == last && at < p->weeks) decide(p, r, out, at + draw(r, p->lag + last));
            }
        }
    }
}

/* Arrivals that go on and arrivals that do not are independent Poisson counts (no visitor is looked
 * at); who goes on needs one draw per stage, of the weeks and of going on together. Stage after stage
 * over lists, free of branches: what is beyond the last week is written and not kept. */
void play_hybrid(const plan *p, uint64_t key, int64_t trials, double *out) {
    const int width = p->stages + 3, last = p->stages - 1, weeks = p->weeks;
    const int span = weeks + 4096; /* no lag is longer */
    int32_t *quarter = malloc(sizeof(int32_t) * span), *counts = malloc(sizeof(int32_t) * (p->quarters + 1));
    int32_t *here = malloc(sizeof(int32_t) * p->room), *wins = malloc(sizeof(int32_t) * p->room);
    for (int week = 0; week < span; week++)
        quarter[week] = week < p->start || week >= weeks ? p->quarters : (week - p->start) / 13;
    rng generator, *r = &generator;
    seed(r, key);
    memset(out, 0, sizeof(double) * trials * p->quarters * width);
    for (int64_t trial = 0; trial < trials; trial++, out += p->quarters * width) {
        int n = 0;
        for (int week = 0; week < weeks; week++) {
            int number = draw(r, of_week(p, p->engage, week));
            if (week >= p->start)
                out[quarter[week] * width] += number + draw(r, of_week(p, p->pass, week));
            if (n + number > p->room) number = p->room - n; /* never: room is twelve deviations above the mean */
            for (int i = 0; i < number; i++) here[n++] = week;
        }
        for (int stage = 1; stage <= last; stage++) {
            const table *steps = p->step + stage - 1;
            int kept = 0;
            memset(counts, 0, sizeof(int32_t) * (p->quarters + 1));
            for (int i = 0; i < n; i++) {
                int step = draw(r, steps), at = here[i] + (step >> 1);
                counts[quarter[at]]++;
                here[kept] = at;
                kept += (step & 1) & (at < weeks);
            }
            n = kept;
            for (int q = 0; q < p->quarters; q++) out[q * width + stage] = counts[q];
        }
        for (int i = 0; i < n; i++) here[i] += draw(r, p->lag + last);
        int won = 0;
        double rate = p->rates[last];
        for (int slipped = 0; n; slipped++, rate *= p->factor) {
            const uint64_t slip = p->slip * 0x1p53, win = (p->slip + (1 - p->slip) * rate) * 0x1p53;
            int kept = 0;
            memset(counts, 0, sizeof(int32_t) * (p->quarters + 1));
            for (int i = 0; i < n; i++) {
                uint64_t fate = next(r) >> 11;
                int at = here[i], inside = at < weeks, again = inside & (fate < slip);
                wins[won] = quarter[at];
                won += inside & (fate >= slip) & (fate < win);
                counts[quarter[at]] += again;
                here[kept] = at;
                kept += again;
            }
            n = kept;
            if (slipped == p->limit) break;
            for (int q = 0; q < p->quarters; q++) out[q * width + last + 3] += counts[q];
            for (int i = 0; i < n; i++) here[i] += draw(r, p->delay);
        }
        for (int i = 0; i < won; i++) {
            if (wins[i] == p->quarters) continue; /* in the warm-up */
            double *cell = out + wins[i] * width + last + 1;
            cell[0] += 1;
            cell[1] += exp(p->mu + p->sigma * normal(r));
        }
    }
    free(quarter); free(counts); free(here); free(wins);
}

/* Classes: the first `common` have a count each, the rest share one count and an alias table.
 * Class c adds 1 to the cells cells[first[c]] .. cells[first[c + 1] - 1]; a win adds a value too. */
void play_collapsed(const table *counts, int32_t common, const table *others, const table *which,
                    const int32_t *first, const int32_t *cells, int32_t quarters, int32_t width,
                    double mu, double sigma, uint64_t key, int64_t trials, double *out) {
    rng generator, *r = &generator;
    seed(r, key);
    memset(out, 0, sizeof(double) * trials * quarters * width);
    for (int64_t trial = 0; trial < trials; trial++, out += quarters * width) {
        for (int c = 0; c < common; c++) {
            double number = draw(r, counts + c);
            for (int i = first[c]; i < first[c + 1]; i++) out[cells[i]] += number;
        }
        int number = draw(r, others);
        for (int k = 0; k < number; k++) {
            int c = draw(r, which);
            for (int i = first[c]; i < first[c + 1]; i++) out[cells[i]] += 1;
        }
        for (int q = 0; q < quarters; q++) {
            double *wins = out + q * width + width - 3, sum = 0;
            for (int i = 0, n = (int)*wins; i < n; i++) sum += exp(mu + sigma * normal(r));
            wins[1] = sum;
        }
    }
}
