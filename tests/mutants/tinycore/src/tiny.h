int total(int n);
int limited(int value, int low, int high);
int first(int index);
int same(int value);

static inline int
smaller(int a, int b)
{
    return a < b ? a : b;
}
