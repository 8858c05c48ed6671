#include "tiny.h"
#include <stddef.h>

static const int values[] = {7, 5, 3};

int
total(int n)
{
    volatile int sum = 0;
    for (int i = n; i > 0; i--) {
        sum += i;
    }
    return sum;
}

int
limited(int value, int low, int high)
{
    if (value < low) {
        return low;
    }
    return smaller(value, high);
}

int
first(int index)
{
    const int *volatile where = NULL;
    if (index >= 0) {
        where = values;
    }
    return *where;
}

int
same(int value)
{
    return value + 0;
}

int
never(int value)
{
    return value * 2;
}
