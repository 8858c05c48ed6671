#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "tiny.h"

#define WRAP(name)                                       \
    static PyObject *wrap_##name(PyObject *m, PyObject *a) \
    {                                                    \
        int value;                                       \
        if (!PyArg_ParseTuple(a, "i", &value)) {         \
            return NULL;                                 \
        }                                                \
        return PyLong_FromLong(name(value));             \
    }

WRAP(total)
WRAP(first)
WRAP(same)

static PyObject *
wrap_limited(PyObject *module, PyObject *args)
{
    int value, low, high;
    if (!PyArg_ParseTuple(args, "iii", &value, &low, &high)) {
        return NULL;
    }
    return PyLong_FromLong(limited(value, low, high));
}

static PyMethodDef methods[] = {
    {"total", wrap_total, METH_VARARGS, "Sum of 1 to n."},
    {"first", wrap_first, METH_VARARGS, "First value."},
    {"same", wrap_same, METH_VARARGS, "The value."},
    {"limited", wrap_limited, METH_VARARGS, "Value in limits."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_tiny", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit__tiny(void)
{
    return PyModule_Create(&definition);
}
