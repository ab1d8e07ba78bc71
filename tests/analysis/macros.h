/* Macros of libraries whose headers cppcheck does not read, as it is to see them. */
#define json_array_foreach(array, index, value)                                                    \
    for (index = 0; (value = json_array_get(array, index)) != NULL; index++)
#define json_object_foreach(object, key, value)                                                    \
    for (key = json_object_key(object, NULL); (value = json_object_get(object, key)) != NULL;      \
         key = json_object_key(object, key))
