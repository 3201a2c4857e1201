// filled by the first commit of this room
