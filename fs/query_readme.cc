#include "fs/query_readme.h"

namespace asterope::fs {

std::string_view query_readme() {
    return R"(Questions to this database, asked as directory names.

  ls 'query/PatientID=12345/'
  ls 'query/Modality = CT and (dose > 50 or urgent) order by StudyDate desc limit 20/'
  ls  query/Modality=CT/dose@gt=50/StudyDate@in=2024-01-01..2024-12-31/@sort=-StudyDate/@limit=100/

The fields are the user.* extended attributes of the files:

  setfattr -n user.PatientID -v 12345 ct-001.dcm
  getfattr -d ct-001.dcm

A result is the file itself: read it, copy it, edit it, set attributes on it. Its name is its path from the
root of the mount, with '/' written as %2F ('%', '=' and '@' are written so too, and a leading '(' or '.').
Nothing can be created, removed or renamed here. A directory shows the results of the moment it was opened.

Expressions     a = 1   a != 'text'   a < 2024-01   a in (1, 2)   a between 1 and 5   a like '*x?'
                a starts with 'x'   a contains 'x'   exists(a)   missing(a)   not ...  and  or  ( )
                order by a desc, b   limit 10   offset 20
Without quotes  a=1   a@ne=1   a@lt=5   a@in=1,2   a@in=LO..HI   a@prefix=x   a@like=*x?   a@has   a@lacks
                @sort=-a   @limit=10   @offset=20
Below a result  'query/Modality=CT/(dose > 5 or urgent)/'
A slash         %2F, as in query/name=a%2Fb
Built in        sys.key sys.name sys.dir sys.size sys.mtime sys.ctime sys.btime sys.type sys.mode sys.uid sys.gid

In every result directory, by name (they are not listed):

  .count     the number of results            .json    one line a result: key and document
  .explain   how the answer is found          .csv     a table with one column a field
  .paths0    paths ended by NUL:  xargs -0 -a 'query/Modality=CT/.paths0' ls -l

A name that is no question does not exist. Why not:  getfattr --only-values -n user.asterope.error query

Saved queries:

  mkdir query/@saved/review
  setfattr -n user.query -v 'Modality = CT and not exists(ReviewedBy)' query/@saved/review
  ls query/review/
  rmdir query/@saved/review
)";
}

}  // namespace asterope::fs
